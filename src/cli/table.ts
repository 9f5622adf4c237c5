// Tables as text: columns as wide as their widest cell, numbers to the right. Pure; colours inside cells do not count.

import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  title: string;
  align?: 'left' | 'right';
  cell: (row: Row) => string;
}

export function formatTable<Row>(columns: Column<Row>[], rows: Row[]): string {
  const texts = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map((column, i) =>
    Math.max(width(column.title), ...texts.map((cells) => width(cells[i] ?? ''))),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => {
        const padding = ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell)));
        return columns[i]?.align === 'right' ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...texts.map(line)].join('\n');
}

function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
