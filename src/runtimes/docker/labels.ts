// Who a container, network or volume belongs to: labels, never name patterns. `down` removes what carries the lab's pair
// of labels and nothing else; the folder tells two checkouts that share an engine apart.

export const LAB_LABEL = 'io.catchment.lab';
export const FOLDER_LABEL = 'io.catchment.folder';
export const NODE_LABEL = 'io.catchment.node';
export const LINK_LABEL = 'io.catchment.link';
/** Absent on the container that owns a node's network namespace. */
export const SERVICE_LABEL = 'io.catchment.service';

export interface LabIdentity {
  name: string;
  /** Absolute path of the lab's folder. */
  folder: string;
}

export function labLabels({ name, folder }: LabIdentity): Record<string, string> {
  return { [LAB_LABEL]: name, [FOLDER_LABEL]: folder };
}

/** For the engine's list calls: `filters.label`. */
export function labelFilter(lab: LabIdentity): { label: string[] } {
  return { label: Object.entries(labLabels(lab)).map(([key, value]) => `${key}=${value}`) };
}
