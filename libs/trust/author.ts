/** Who changes what a chain trusts, and why. */
export interface Author {
  /** Id of the access token. */
  readonly actor: string;
  readonly reason: string;
}
