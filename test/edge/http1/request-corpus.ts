// Streams of requests to cut up, to mutate and to compare parsers with: what clients send, and what attackers do.

const HOST = 'Host: www.cdn.test\r\n';

export const STREAMS: readonly string[] = [
  `GET / HTTP/1.1\r\n${HOST}\r\n`,
  `GET /a?b=c%20d HTTP/1.1\r\n${HOST}Accept: */*\r\nCookie: a=b; c="d"\r\nX-Empty:\r\nX-Pad:  \t v \t \r\n\r\n`,
  `GET http://www.cdn.test/a HTTP/1.1\r\n${HOST}\r\nGET /b HTTP/1.1\r\n${HOST}\r\n`,
  `HEAD /1 HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n${HOST}\r\n`,
  `POST /p HTTP/1.1\r\n${HOST}Content-Length: 11\r\n\r\nhello worldGET /n HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  `PUT /c HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b;c="d;e"\r\n world\r\n0\r\nX-T: 1\r\n\r\nGET /n HTTP/1.1\r\n${HOST}\r\n`,
  `POST /e HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx`,
  `\r\nGET /lead HTTP/1.1\r\n${HOST}\r\n\r\n\r\nGET /more HTTP/1.1\r\n${HOST}\r\n`,
  `GET /same HTTP/1.1\r\n${HOST}A: 1\r\n\r\n`.repeat(4),
  `GET /x HTTP/1.1\r\n${HOST}A: 1\r\n\r\nGET /y HTTP/1.1\r\n${HOST}A: 1\r\n\r\nGET /x HTTP/1.1\r\n${HOST}A: 2\r\n\r\n`,
  `POST /s HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n${HOST}\r\n`,
  `POST /s HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  `POST /s HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  `POST /s HTTP/1.1\r\n${HOST}Content-Length: 5, 5\r\n\r\nhello`,
  `GET /f HTTP/1.1\r\n${HOST}A: 1\r\n folded\r\n\r\n`,
  `GET /l HTTP/1.1\n${HOST}\n`,
  `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  `CONNECT www.cdn.test:443 HTTP/1.1\r\n${HOST}\r\n`,
];

const INTERESTING = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\0',
  ':',
  ';',
  ',',
  '0',
  '1',
  'f',
  '-1',
  '+',
  '"',
  '\x7f',
  '\x80',
  '\xff',
];
const LINES = [
  'Content-Length: 3\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Host: other.test\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  '\r\n',
  '0\r\n\r\n',
];

/** A stream of the corpus with a few changes; `random` in [0, 1). */
export function mutated(random: () => number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let text = pick(STREAMS);
  for (let changes = Math.floor(random() * 4); changes >= 0; changes--) {
    const at = Math.floor(random() * (text.length + 1));
    const kind = Math.floor(random() * 6);
    if (kind === 0) text = text.slice(0, at) + pick(INTERESTING) + text.slice(at);
    else if (kind === 1) text = text.slice(0, at) + pick(INTERESTING) + text.slice(at + 1);
    else if (kind === 2) text = text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 4));
    else if (kind === 3) text = text.slice(0, at) + text.slice(Math.floor(random() * text.length));
    else if (kind === 4) {
      const line = text.indexOf('\r\n', at);
      text = line < 0 ? text : text.slice(0, line + 2) + pick(LINES) + text.slice(line + 2);
    } else text += pick(STREAMS);
  }
  return Buffer.from(text, 'latin1');
}
