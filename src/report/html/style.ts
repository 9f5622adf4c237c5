// The report's style sheet: light and dark by the reader's system, colours that colour-blind readers can tell apart
// (after Okabe and Ito, "Color Universal Design", 2008), lines that also differ by dash, and nothing fetched.

/** Up to twelve POPs; the first eight are Okabe and Ito's order of distinctness. */
const POPS = [
  ['#0072b2', '#56a8e0'],
  ['#d55e00', '#f08a4b'],
  ['#009e73', '#35c99c'],
  ['#b5589a', '#dd94c4'],
  ['#b98300', '#e8b53c'],
  ['#3a8fc0', '#8fd0f5'],
  ['#7353a8', '#ab91dd'],
  ['#6b6b6b', '#b0b0b0'],
  ['#8c510a', '#cf9a5c'],
  ['#01665e', '#66b8ae'],
  ['#a50f3c', '#ee7593'],
  ['#4d7c0f', '#a3cf5d'],
] as const;

export function styleSheet(): string {
  const popVariables = (scheme: 0 | 1) => POPS.map((pair, i) => `--pop-${i}:${pair[scheme]}`).join(';');
  const popClasses = POPS.map((_, i) => `.pop-${i}{--c:var(--pop-${i})}`).join('\n');
  return `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5b6776;--line:#dde2e8;--land:#dfe5ea;--water:#f4f7fa;
--bad:#c1121f;--warn:#9a5b00;--good:#1a7f4b;--nearest:#008a64;--latency:#0067a3;--anycast:#cf5200;--oracle:#6b7280;--band:#1a7f4b22;${popVariables(0)}}
@media (prefers-color-scheme:dark){:root{--bg:#10151c;--card:#18202a;--ink:#e6ebf1;--soft:#9aa7b6;--line:#2c3744;--land:#2b3644;--water:#141b24;
--bad:#ff7b7b;--warn:#f0b35a;--good:#5fd394;--nearest:#35c99c;--latency:#5bb2ee;--anycast:#f5914f;--oracle:#9ca3af;--band:#5fd39422;${popVariables(1)}}}
${popClasses}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1320px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:19px;margin:0 0 4px}
h3{font-size:14px;margin:0 0 6px;font-weight:600}
p{margin:0 0 10px;max-width:100ch}
.sub{color:var(--soft);margin:0 0 14px}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0 20px;padding:0;list-style:none}
.chips li{background:var(--card);border:1px solid var(--line);border-radius:999px;padding:2px 12px;font-size:13px}
.chips b{font-weight:600}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin:0 0 18px}
section.verdict p{max-width:135ch}section.verdict{border-left:4px solid var(--latency);font-size:16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:14px;margin:0 0 18px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px;border-top:4px solid var(--s)}
.tile .big{font-size:30px;font-weight:650;line-height:1.15}
.tile dl{display:grid;grid-template-columns:1fr auto;gap:2px 12px;margin:10px 0 0;font-size:14px}
.tile dt{color:var(--soft)}.tile dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:18px}
.grid3{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:18px}
figure{margin:0}figcaption{color:var(--soft);font-size:13px;margin-top:4px}
.chart{display:block;width:100%;height:auto;font:12px system-ui,sans-serif}
.map{background:var(--water);border-radius:8px;border:1px solid var(--line);overflow:hidden}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
.tick{fill:var(--soft)}.axis-title{fill:var(--soft);font-size:12px}
.line{fill:none;stroke:var(--s);stroke-width:2.4;stroke-linejoin:round}
.s-dns-nearest{--s:var(--nearest);stroke-dasharray:7 3}.s-dns-latency{--s:var(--latency)}.s-anycast{--s:var(--anycast);stroke-dasharray:2.5 2}.s-oracle{--s:var(--oracle)}
.line.s-anycast{stroke-width:3}
.marker{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:4 3}.marker-label{fill:var(--bad);font-size:12px}
.tolerance{fill:var(--band)}.dot{fill:var(--latency);opacity:.55}.dot-off{fill:var(--bad);opacity:.9}
.land{fill:var(--land)}.graticule{fill:none;stroke:var(--line);stroke-width:.6}
.way{fill:none;stroke:var(--c);stroke-width:2;opacity:.85}.way.better{stroke-dasharray:5 5;stroke-width:2.4;opacity:1}
.client{fill:var(--c);stroke:var(--card);stroke-width:1.5}.pop-none{--c:var(--bad)}
.ring{fill:none;stroke:var(--bad);stroke-width:2}
.pop-mark path{fill:var(--c);stroke:var(--card);stroke-width:2}
.pop-label,.client-label{fill:var(--ink);font-size:17px;font-weight:650;paint-order:stroke;stroke:var(--water);stroke-width:4px;stroke-linejoin:round}
.client-label{font-weight:500;fill:var(--bad)}
.strip-ok{fill:var(--line);opacity:.7}.strip-lost{fill:var(--s)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:4px 0 10px;padding:0;font-size:13px;color:var(--soft)}
.legend svg{width:34px;height:10px;vertical-align:middle;margin-right:6px}
.swatch{display:inline-block;width:10px;height:10px;border-radius:50%;background:var(--c);margin-right:5px;vertical-align:0}
.bar{display:inline-block;height:9px;border-radius:2px;background:var(--c);margin-right:4px}
.scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:5px 7px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:600}thead th{vertical-align:bottom}
th.l,td.l{text-align:left}td.wrap{white-space:normal;text-align:left;min-width:24ch}
.start{border-left:1px solid var(--line)}
.groups th{text-align:center;color:var(--ink);border-bottom:2px solid var(--s,var(--line))}
.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn);font-weight:600}.good{color:var(--good)}.soft{color:var(--soft)}
.matrix td{text-align:center;min-width:72px;background:color-mix(in srgb,var(--h,transparent) var(--w,0%),transparent)}
.matrix small{display:block;color:var(--soft);white-space:normal;max-width:22ch;margin:0 auto}
ul.plain{margin:6px 0;padding-left:18px}footer{color:var(--soft);font-size:13px}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}
`;
}
