import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { lazyCompilers } from './lazy_compilers.ts';

/** As Fastify calls them: with what describes a part of a route. */
const compilers = () => {
  const { buildValidator, buildSerializer } = lazyCompilers();
  return {
    validator: buildValidator(
      {},
      {
        customOptions: {
          allErrors: true,
          allowUnionTypes: true,
          coerceTypes: false,
          removeAdditional: false,
        },
      },
    ),
    serializer: buildSerializer({}, {}),
  };
};
const route = { method: 'GET', url: '/', httpPart: 'body', httpStatus: '200' };

test('a schema that no compiler takes is told by the first request, not before', () => {
  const { validator, serializer } = compilers();
  const schema = { type: 'nothing that there is' };
  const validate = validator({ ...route, schema } as never) as (value: unknown) => unknown;
  assert.throws(() => validate(1), /type/);
  const serialize = serializer({ ...route, schema } as never);
  assert.throws(() => serialize(1), /type|nothing/);
});

test('what is wrong with a value is told as by a compiler that does not wait', () => {
  const { validator } = compilers();
  const schema = { type: 'object', properties: { a: { type: 'integer' } }, additionalProperties: false };
  const validate = validator({ ...route, schema } as never) as {
    (value: unknown): unknown;
    errors?: { keyword: string }[] | null;
  };
  const wrong = () => validate.errors?.map(({ keyword }) => keyword).sort();
  assert.equal(validate({ a: 1 }), true);
  assert.equal(wrong(), undefined);
  assert.equal(validate({ a: 'x', b: 1 }), false);
  assert.deepEqual(wrong(), ['additionalProperties', 'type']);
  assert.equal(validate({}), true);
  assert.equal(wrong(), undefined);
});

test('every schema of the contract can be compiled both ways', async () => {
  const folder = new URL('contract/', import.meta.url);
  let compiled = 0;
  for (const name of readdirSync(folder)) {
    for (const [key, schema] of Object.entries((await import(new URL(name, folder).href)) as object)) {
      if (schema?.['~kind'] === undefined && typeof schema?.type !== 'string') continue;
      const { validator, serializer } = compilers();
      (validator({ ...route, schema } as never) as (value: unknown) => unknown)({});
      try {
        serializer({ ...route, schema } as never)({});
      } catch (error) {
        // The value lacks what it must have; the schema was taken.
        assert.match((error as Error).message, /is required/, `${name}: ${key}`);
      }
      compiled++;
    }
  }
  assert.ok(compiled > 40, `${compiled} schemas`);
});
