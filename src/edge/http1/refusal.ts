// Why a request is not taken: the status it gets and the reason, one of a fixed set of sentences, since it becomes the
// label of a counter and a client must not choose how many of those there are.

export class Refusal {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string) {
    this.status = status;
    this.reason = reason;
  }
}
