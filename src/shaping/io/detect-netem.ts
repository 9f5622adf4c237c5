export async function detectNetem(): Promise<boolean> { return false; }
