// SVG as text: elements with escaped attributes. Charts are strings made once, so a report needs no script to show them.

export type Attributes = Record<string, string | number | undefined>;

export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}="${escapeHtml(typeof value === 'number' ? short(value) : String(value))}"`,
    )
    .join('');
  return children.length === 0 ? `<${name}${text}/>` : `<${name}${text}>${children.join('')}</${name}>`;
}

/** A chart: scales with its column, and is one picture with a name to assistive technology. */
export function svg(width: number, height: number, label: string, ...children: string[]): string {
  return element(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, class: 'chart' },
    ...children,
  );
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeHtml(content));
}

/** Shown by browsers when the pointer rests on the parent. */
export function title(content: string): string {
  return `<title>${escapeHtml(content)}</title>`;
}

export function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Two decimals are less than a pixel. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
