// `./lab catchment` of a lab: which POP anycast takes each client to, as predicted from the topology and as measured.

import { type Cli, openLab } from '../context.ts';
import { createProgress } from '../progress.ts';
import { formatTable } from '../table.ts';

export interface LabCatchmentOptions {
  family: '4' | '6';
  predicted?: boolean;
}

/** Sets the exit code to 1 when a measured catchment is not the predicted one. */
export async function runLabCatchment(cli: Cli, options: LabCatchmentOptions): Promise<void> {
  const { lab, topology, status } = await openLab(cli);
  const family = options.family === '6' ? 6 : 4;
  const [{ predictCatchment }, { failuresOf }] = await Promise.all([
    import('../../routing/predict-catchment.ts'),
    import('../planned-rtt.ts'),
  ]);
  const predicted = predictCatchment(topology, family, failuresOf(status));
  const progress = createProgress(cli.output);
  const measured = new Map<string, string>();
  try {
    if (!options.predicted) {
      const { measureCatchment } = await import('../measure-catchment.ts');
      for (const [client, pop] of await measureCatchment(cli, lab, topology, family, progress))
        measured.set(client, pop);
    }
  } finally {
    progress.stop();
  }
  const rows = topology.clients.map((client) => {
    const { pop, asPath, rttMs, best, explanation } = predicted.get(client.name) ?? {
      asPath: [],
      explanation: '',
    };
    const seen = measured.get(client.name);
    return {
      client: client.name,
      predicted: pop ?? null,
      ...(options.predicted ? {} : { measured: seen ?? null, agrees: seen === pop }),
      asPath,
      rttMs: rttMs ?? null,
      best: best ?? null,
      explanation,
    };
  });
  const differing = rows.filter((row) => row.agrees === false);
  if (differing.length > 0) process.exitCode = 1;
  if (cli.output.json) {
    cli.output.data(rows);
    return;
  }
  const ms = (value: number | null | undefined) =>
    value === null || value === undefined ? '' : value.toFixed(1);
  cli.output.print(
    formatTable(
      [
        { title: 'CLIENT', cell: (row) => row.client },
        { title: 'PREDICTED', cell: (row) => row.predicted ?? 'none' },
        ...(options.predicted
          ? []
          : [
              {
                title: 'MEASURED',
                cell: (row: (typeof rows)[number]) =>
                  row.agrees ? (row.measured ?? '') : cli.output.style('red', row.measured ?? 'no answer'),
              },
            ]),
        { title: 'RTT ms', align: 'right', cell: (row) => ms(row.rttMs) },
        { title: 'BEST', cell: (row) => row.best?.pop ?? '' },
        { title: 'RTT ms', align: 'right', cell: (row) => ms(row.best?.rttMs) },
        { title: 'AS PATH', cell: (row) => row.asPath.join(' ') },
        { title: 'WHY', cell: (row) => row.explanation },
      ],
      rows,
    ),
  );
  if (!options.predicted) {
    cli.output.print(
      `\n${rows.length - differing.length} of ${rows.length} measured catchments are as predicted`,
    );
  }
}
