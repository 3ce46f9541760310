import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { invalid, schemaProblems } from '../schema-problems.ts';

/**
 * Checks requests by their TypeBox schema and reports every mistake in our own words.
 *
 * Bodies are taken as they are: a text is no number there, and an unknown key is a mistake, not noise. Query
 * strings are all texts, so they are converted first.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (value: unknown) => {
    const given =
      httpPart === 'body' ? value : Value.Default(schema, Value.Convert(schema, Value.Clone(value)));
    if (compiled.Check(given)) return { value: given };
    const part = httpPart === 'body' ? 'body' : httpPart === 'params' ? 'address' : 'query string';
    return { error: invalid('VALIDATION', `invalid ${part}`, schemaProblems(schema, given)) };
  };
};
