declare const brand: unique symbol;

/** A primitive that carries its meaning in its type, so that two units cannot be mixed up. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
