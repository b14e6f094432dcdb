/** `true` where two types are the same, optional and `any` parts included; `false` otherwise. */
export type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
