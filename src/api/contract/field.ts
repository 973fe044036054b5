/** Fields that several parts of the contract share. Instants are integer epoch milliseconds in fields that end in `Ms`. */
import Type from 'typebox';

export const instantMs = (description: string) => Type.Integer({ description });

export const id = (description: string) => Type.String({ description });

export const count = (description: string) => Type.Integer({ minimum: 0, description });

/** A text that `null` clears. */
export const clearable = (options: { minLength?: number; maxLength: number; description: string }) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...options });

export const clearableNumber = (options: { minimum: number; maximum: number; description: string }) =>
  Type.Optional(Type.Unsafe<number | null>({ type: ['number', 'null'], ...options }));

export const instantText = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 40,
    description: `${description} Integer epoch milliseconds or RFC 3339, such as 2026-01-31T12:00:00Z.`,
  });

export const streamText = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: 'Role or id of the stream; main unless given.' }),
);

export const inputMs = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 253_402_300_799_999, description });

export const openEndMs = (description: string) =>
  Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum: 0,
      maximum: 253_402_300_799_999,
      description,
    }),
  );
