/** One word of an entry of a master file. Inside quotes, `text` is without them and `quoted` is true. */
export interface Token {
  text: string;
  quoted: boolean;
}
