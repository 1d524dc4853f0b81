declare const brand: unique symbol;

/** A `Value` that has been through its parser. `as` to a brand appears in that parser and nowhere else. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
