// The paths of the API, each with what it takes and answers: openapi.json is made from them.
import { createRoute, z } from '@hono/zod-openapi'
import { sessionStates, tokenStates } from '@grantlog/query'
import { exportFormats, exportSchema } from '../api/exports.ts'
import {
  decisionSchema,
  findingsSchema,
  handedOverSchema,
  levels,
  ruleFindingSchema,
  silenceOrderSchema,
  statuses,
} from '../api/findings.ts'
import { healthSchema, stateSchema } from '../api/health.ts'
import { integritySchema, runSchema } from '../api/integrity.ts'
import { completionsSchema, fieldsSchema } from '../api/language.ts'
import { lineageSchema } from '../api/lineage.ts'
import { problemSchema } from '../api/problem.ts'
import { anyBundleSchema, pageSchema, querySchema, recordSchema } from '../api/records.ts'
import { breakdownSchema, facetsSchema, histogramSchema, latencySchema } from '../api/summary.ts'
import { scopesSchema, sessionsSchema, tokensSchema } from '../api/tokens.ts'
import {
  MAX_ALIVE_ROWS,
  MAX_BUCKETS,
  MAX_FACET_VALUES,
  MAX_PAGE_RECORDS,
  MAX_SERVICE_CHARS,
} from './limits.ts'

const whole = (least: number, most: number, otherwise: number) =>
  z.coerce.number().int().min(least).max(most).default(otherwise)
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')
const q = querySchema
const personal = flag
const cursor = z.string().max(64).optional()
const place = z.object({ index: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) })
const id = z.object({ id: z.uuid() })

/** With `nosniff` and as an attachment: no browser runs it. */
export const VERIFIER_TYPE = 'text/x-python; charset=utf-8'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

/** A path that is read. */
function read<T extends z.ZodType, R extends { query?: z.ZodObject; params?: z.ZodObject }>(
  path: string,
  { answer, request, summary }: { readonly answer: T; readonly summary: string; request?: R },
) {
  return createRoute({
    ...{ method: 'get' as const, path, summary, request: (request ?? {}) as R },
    responses: {
      200: { description: summary, content: json(answer) },
      default: {
        description: 'Not as asked',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  })
}

/** A path outside of the API, where other programs look for it. */
function atRoot(
  path: string,
  { summary, type }: { readonly summary: string; readonly type: string },
  request: { params?: z.ZodObject } = {},
) {
  return createRoute({
    ...{ method: 'get' as const, path, summary, request, servers: [{ url: '/' }] },
    responses: {
      200: { description: summary, content: { [type]: { schema: z.string() } } },
      default: {
        description: 'Not as asked',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  })
}

/** A path that begins something. */
function begin<T extends z.ZodType, B extends z.ZodType>(
  path: string,
  { answer, body, summary }: { readonly answer: T; readonly body: B; readonly summary: string },
) {
  return createRoute({
    ...{ method: 'post' as const, path, summary },
    request: { body: { content: json(body), required: true } },
    responses: {
      202: { description: summary, content: json(answer) },
      default: {
        description: 'Not as asked',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  })
}

export const routes = {
  state: read('/state', { answer: stateSchema, summary: 'What stands at the top of every page' }),
  fields: read('/fields', { answer: fieldsSchema, summary: 'Fields of the query language' }),
  completions: read('/completions', {
    answer: completionsSchema,
    summary: 'What may stand at a place of a query',
    request: { query: z.object({ q, at: whole(0, 2_000, 0) }) },
  }),
  records: read('/records', {
    answer: pageSchema,
    summary: 'Records that match, a page at a time',
    request: {
      query: z.object({
        ...{ q, personal, cursor, limit: whole(1, MAX_PAGE_RECORDS, 50) },
        order: z.enum(['newest', 'oldest']).default('newest'),
      }),
    },
  }),
  facets: read('/facets', {
    answer: facetsSchema,
    summary: 'How often each value of some fields occurs',
    request: {
      query: z.object({
        q,
        fields: z.string().min(1).max(500),
        top: whole(1, MAX_FACET_VALUES, 8),
      }),
    },
  }),
  breakdown: read('/breakdown', {
    answer: breakdownSchema,
    summary: 'How often each value of a field occurs, and with which values of another',
    request: {
      query: z.object({
        ...{ q, top: whole(1, MAX_FACET_VALUES, 8) },
        by: z.string().max(100).default('error'),
        into: z.string().max(100).default('reason'),
      }),
    },
  }),
  histogram: read('/histogram', {
    answer: histogramSchema,
    summary: 'How many records match over time',
    request: {
      query: z.object({
        q,
        buckets: whole(1, MAX_BUCKETS, 60),
        by: z.string().max(100).optional(),
      }),
    },
  }),
  latency: read('/latency', {
    answer: latencySchema,
    summary: 'How long records took, by the values of a field',
    request: {
      query: z.object({
        ...{ q, top: whole(1, MAX_FACET_VALUES, 8) },
        by: z.string().max(100).default('action'),
      }),
    },
  }),
  record: read('/records/{index}', {
    answer: recordSchema,
    summary: 'One record with all that is known of it',
    request: { params: place, query: z.object({ personal }) },
  }),
  bundle: read('/records/{index}/bundle', {
    answer: anyBundleSchema,
    summary: 'One record, or log record, with everything that proves it',
    request: {
      params: place,
      query: z.object({ disclose: z.enum(['none', 'all']).default('none') }),
    },
  }),
  verifier: createRoute({
    ...{ method: 'get' as const, path: '/verify.py' },
    summary: 'A second verifier of bundles and logs, in Python',
    responses: {
      200: {
        description: 'The program',
        content: { [VERIFIER_TYPE]: { schema: z.string() } },
      },
    },
  }),
  recordLineage: read('/records/{index}/lineage', {
    answer: lineageSchema,
    summary: 'The life that a record is part of',
    request: { params: place, query: z.object({ personal }) },
  }),
  lineage: read('/lineage', {
    answer: lineageSchema,
    summary: 'The life of a grant, by an index, an id or a hash',
    request: { query: z.object({ target: z.string().min(1).max(300), personal }) },
  }),
  tokens: read('/tokens', {
    answer: tokensSchema,
    summary: 'The newest tokens and what became of them',
    request: {
      query: z.object({
        ...{ q, cursor, limit: whole(1, MAX_ALIVE_ROWS, 50) },
        state: z.enum(tokenStates).default('all'),
      }),
    },
  }),
  sessions: read('/sessions', {
    answer: sessionsSchema,
    summary: 'The newest sessions',
    request: {
      query: z.object({
        ...{ q, cursor, limit: whole(1, MAX_ALIVE_ROWS, 50) },
        state: z.enum(sessionStates).default('all'),
      }),
    },
  }),
  scopes: read('/scopes', {
    answer: scopesSchema,
    summary: 'Scopes allowed, requested, granted and used, by client or role',
    request: { query: z.object({ q, by: z.enum(['client', 'role']).default('client') }) },
  }),
  integrity: read('/integrity', {
    answer: integritySchema,
    summary: 'Whether the log is what it was',
  }),
  health: read('/health', { answer: healthSchema, summary: 'How the pipeline is' }),
  beginRun: begin('/runs', {
    answer: runSchema,
    summary: 'Verifies the log',
    body: z.object({ what: z.enum(['tree', 'full']) }),
  }),
  run: read('/runs/{id}', {
    answer: runSchema,
    summary: 'A verification',
    request: { params: id },
  }),
  beginComparison: begin('/comparisons', {
    answer: runSchema,
    summary: 'Compares records with what else is known of them, and seals the result',
    body: z.object({ service: z.string().max(MAX_SERVICE_CHARS) }),
  }),
  comparison: read('/comparisons/{id}', {
    answer: runSchema,
    summary: 'A comparison',
    request: { params: id },
  }),
  beginExport: begin('/exports', {
    answer: exportSchema,
    summary: 'Writes the records of a query to a file',
    body: z.object({ query: querySchema, format: z.enum(exportFormats) }),
  }),
  export: read('/exports/{id}', {
    answer: exportSchema,
    summary: 'An export',
    request: { params: id },
  }),
  findings: read('/findings', {
    answer: findingsSchema,
    summary: 'What rules found, the newest first',
    request: {
      query: z.object({
        status: z.enum([...statuses, 'undecided', 'all']).default('undecided'),
        level: z.enum(levels).optional(),
        rule: z.uuid().optional(),
        silenced: flag,
      }),
    },
  }),
  finding: read('/findings/{id}', {
    answer: ruleFindingSchema,
    summary: 'One of them',
    request: { params: id },
  }),
  decide: createRoute({
    ...{ method: 'post' as const, path: '/findings/{id}/decision' },
    summary: 'Says what becomes of it; a leaf within a second',
    request: { params: id, body: { content: json(decisionSchema), required: true } },
    responses: {
      202: { description: 'Handed over', content: json(handedOverSchema) },
      default: {
        description: 'Not as asked',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  }),
  silence: begin('/silences', {
    answer: handedOverSchema,
    summary: 'Sends no alerts of a rule, or about a group, for a time; a leaf within a second',
    body: silenceOrderSchema,
  }),
} as const

/** Described here, served by app.ts. A tile's path has slashes, which OpenAPI cannot say. */
export const rootRoutes = [
  atRoot('/checkpoint', {
    summary: 'The published checkpoint, a signed note (c2sp.org/tlog-checkpoint)',
    type: 'text/plain',
  }),
  atRoot(
    '/tile/{path}',
    {
      summary: 'A tile or entry bundle by its path, slashes in it (c2sp.org/tlog-tiles)',
      type: 'application/octet-stream',
    },
    { params: z.object({ path: z.string() }) },
  ),
  atRoot('/metrics', {
    summary: 'The index and verifications, for Prometheus',
    type: 'text/plain',
  }),
] as const
