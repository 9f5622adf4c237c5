// Where the throughput is measured: the server on one processor, wrk on another.

export const SERVER_CPU = 0;
export const CLIENT_CPU = 1;
