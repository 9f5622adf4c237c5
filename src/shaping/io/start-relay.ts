export async function startRelay(_o: unknown): Promise<any> { throw new Error('stub'); }
