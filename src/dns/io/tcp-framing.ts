// Cuts a byte stream into messages (RFC 1035 section 4.2.2: two bytes of length before each). A message that came whole is a
// view of the chunk it came in; one that came in parts is gathered in memory that grows as it comes, because the length
// is only the client's claim: ten thousand connections that announce 65,535 bytes must not cost that much each.

const EMPTY: Buffer = Buffer.alloc(0);
const LENGTH_BYTES = 2;
const FIRST_HELD_BYTES = 64;

export class TcpFraming {
  #chunk = EMPTY;
  #at = 0;
  /** The beginning of a message, length and all, that `#heldBytes` have come of. */
  #held = EMPTY;
  #heldBytes = 0;

  /** What is left of an earlier chunk stays in front. */
  push(chunk: Buffer): void {
    const left = this.#chunk.length - this.#at;
    this.#chunk = left === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** The next whole message, without its length; undefined until more comes. */
  next(): Buffer | undefined {
    return this.#heldBytes > 0 ? this.#finishHeld() : this.#fromChunk();
  }

  #fromChunk(): Buffer | undefined {
    const left = this.#chunk.length - this.#at;
    const total = left < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + this.#chunk.readUInt16BE(this.#at);
    if (left < total) {
      this.#hold(total, left);
      return undefined;
    }
    const message = this.#chunk.subarray(this.#at + LENGTH_BYTES, this.#at + total);
    this.#take(total);
    return message;
  }

  #finishHeld(): Buffer | undefined {
    if (this.#heldBytes < LENGTH_BYTES) this.#hold(LENGTH_BYTES, LENGTH_BYTES - this.#heldBytes);
    if (this.#heldBytes < LENGTH_BYTES) return undefined;
    const total = LENGTH_BYTES + this.#held.readUInt16BE(0);
    this.#hold(total, total - this.#heldBytes);
    if (this.#heldBytes < total) return undefined;
    const message = this.#held.subarray(LENGTH_BYTES, total);
    this.#held = EMPTY;
    this.#heldBytes = 0;
    return message;
  }

  /** Moves up to `wanted` bytes from the chunk to what is held of a message of `total` bytes. */
  #hold(total: number, wanted: number): void {
    const bytes = Math.min(wanted, this.#chunk.length - this.#at);
    if (bytes === 0) return;
    const needed = this.#heldBytes + bytes;
    if (needed > this.#held.length) {
      const size = Math.max(needed, Math.min(total, 2 * needed), FIRST_HELD_BYTES);
      const larger = Buffer.allocUnsafeSlow(size);
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    this.#chunk.copy(this.#held, this.#heldBytes, this.#at, this.#at + bytes);
    this.#heldBytes = needed;
    this.#take(bytes);
  }

  /** A chunk that is used up is let go: it would be kept for as long as the connection is idle. */
  #take(bytes: number): void {
    this.#at += bytes;
    if (this.#at < this.#chunk.length) return;
    this.#chunk = EMPTY;
    this.#at = 0;
  }
}
