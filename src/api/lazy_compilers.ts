import { AjvCompiler, type ValidatorFactory } from '@fastify/ajv-compiler';
import { type SerializerFactory, SerializerSelector } from '@fastify/fast-json-stringify-compiler';

/** What a compiled schema is to Fastify: it tells by `errors` what is wrong. */
interface Validate {
  (value: unknown): unknown;
  errors?: unknown;
}

/** Fastify's own compilers; but each schema is compiled when a request needs it first, for all together take a third of a start. */
export function lazyCompilers(): { buildValidator: ValidatorFactory; buildSerializer: SerializerFactory } {
  const validators = AjvCompiler();
  const serializers = SerializerSelector();
  const buildValidator = (...settings: Parameters<typeof validators>) => {
    const compile = validators(...settings);
    return (route: Parameters<typeof compile>[0]) => {
      let compiled: Validate | undefined;
      const validate: Validate = (value) => {
        compiled ??= compile(route) as Validate;
        const result = compiled(value);
        validate.errors = compiled.errors;
        return result;
      };
      return validate;
    };
  };
  const buildSerializer: SerializerFactory = (...settings) => {
    const compile = serializers(...settings);
    return (route) => {
      let compiled: ReturnType<typeof compile> | undefined;
      return (value) => {
        compiled ??= compile(route);
        return compiled(value);
      };
    };
  };
  return { buildValidator: buildValidator as ValidatorFactory, buildSerializer };
}
