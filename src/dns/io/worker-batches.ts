// What a worker needs that needs koffi: loaded when there is a worker to run, since not every machine has koffi.

export { setShortSlice, unmapAll } from '../../net/io/libc.ts';
export { UdpBatch } from './batch-udp.ts';
export { waiter } from './batch-waiter.ts';
export { stopTaking } from './udp-stop.ts';
