// Records as the API lists them, and one record with all that is known of it.
import { z } from '@hono/zod-openapi'

/** A query of the search language, such as `client:web outcome:denied after:-24h`; '' is all. */
export const querySchema = z.string().max(2_000).default('')

/** Text that a record lacks is ''. Hostile values come as they are: the page only shows text. */
export const rowSchema = z
  .object({
    /** Place in the log. */
    index: z.int(),
    /** `audit.record.id`, a UUIDv7. */
    id: z.string(),
    /** Under the published checkpoint: it has a proof. */
    published: z.boolean(),
    /** When the receiver took it, Unix milliseconds: the order of the log. */
    receivedAt: z.number(),
    /** When it began by the producer's clock, Unix milliseconds; microseconds behind the point. */
    startedAt: z.number(),
    durationMs: z.number(),
    service: z.string(),
    /** `authorization_server`, `client` or `resource_server`. */
    role: z.string(),
    action: z.string(),
    /** `success`, `failure`, `denied` or `challenge`. */
    outcome: z.string(),
    /** Why it was not a success: `oauth.error.reason`, else the error code. */
    reason: z.string(),
    client: z.string(),
    grantType: z.string(),
    /** Method and route, such as `GET /orders/:id`. */
    route: z.string(),
    status: z.int().nullable(),
    /** Granted, else requested; separated by spaces. */
    scopes: z.string(),
    /** Pseudonym of the user. */
    userHash: z.string(),
    traceId: z.string(),
    /** Kind of privileged action, by the policy. */
    privileged: z.string(),
    /** Only with `personal=true`; '' when erased or withheld. */
    user: z.string().optional(),
    address: z.string().optional(),
  })
  .openapi('Row')

export type Row = z.infer<typeof rowSchema>

export const pageSchema = z
  .object({
    records: z.array(rowSchema),
    /** For `cursor` of the next page; null at the end. */
    next: z.string().nullable(),
    /** How many match, of all that are indexed. */
    total: z.int(),
    /** Place in the log of the last record that was looked at, -1: none; `since` of `live`. */
    lookedTo: z.int(),
  })
  .openapi('Page')

export type Page = z.infer<typeof pageSchema>

export const attributeSchema = z
  .object({
    name: z.string(),
    /** An int as decimal text, a boolean as `true` or `false`. */
    value: z.string(),
    /** The slot it is in; null when it is in none. */
    slot: z.string().nullable(),
    /** Says who it was or from where, otherwise than by pseudonym. */
    personal: z.boolean(),
    /** Part of the registry, for a heading: `Client`, `Token`, `HTTP`. */
    group: z.string(),
    /** What the registry says of it; '' for a name that is not in it. */
    brief: z.string(),
    /** The field of the query language, to search for the same value; '' when there is none. */
    field: z.string(),
  })
  .openapi('Attribute')

export type Attribute = z.infer<typeof attributeSchema>

export const recordSchema = z
  .object({
    row: rowSchema,
    attributes: z.array(attributeSchema),
    /**
     * Of a log record, which no key of ours signed: who brought it, how that is known, and what
     * came of a signature it brought (`none`, `unverified`, `signed`). Null for a record.
     */
    observed: z
      .object({
        caller: z.string(),
        proof: z.string(),
        signature: z.string(),
        signer: z.string(),
        /** Another receiver brought it, and says of whom it had it, and where it is there. */
        edge: z
          .object({
            caller: z.string(),
            digest: z.string(),
            index: z.int(),
            origin: z.string(),
            proof: z.string(),
            receivedAt: z.number(),
            signature: z.string(),
            signer: z.string(),
          })
          .optional(),
      })
      .nullable(),
    /** Slots that were withheld or erased: only their commitments are left. */
    closed: z.array(z.string()),
    /** The span as it was signed, canonical JSON (JCS). */
    canonical: z.string(),
    /** The leaf as the log holds it, canonical JSON, and its RFC 9162 hash in base64. */
    leaf: z.string(),
    leafHash: z.string(),
    spanId: z.string(),
    parentSpanId: z.string(),
    /** The stream it stands in. */
    stream: z.object({ kid: z.string(), instance: z.string(), seq: z.int() }),
    /** Who may sign with this key; null when it is not to be found. */
    key: z
      .object({
        kid: z.string(),
        services: z.array(z.string()),
        roles: z.array(z.string()),
        /**
         * `configured`: an operator enrolled it; `issuer-asserted`: an access token did; `tofu`: it
         * was trusted at first use.
         */
        assurance: z.string(),
      })
      .nullable(),
    /** Since when its key was declared compromised, Unix seconds; null: it was not, or later. */
    compromisedSince: z.int().nullable(),
    /** Hash of the policy in force; '' when the record names none. */
    policy: z.string(),
    /** Where the trace can be seen; '' when no such place is configured. */
    traceUrl: z.string(),
  })
  .openapi('Record')

export type RecordDetail = z.infer<typeof recordSchema>

/** One record with everything that proves it (FORMAT.md 4). */
export const bundleSchema = z
  .object({
    format: z.literal('grantlog-bundle-v1'),
    canonical: z.string(),
    openings: z.record(z.string(), z.string()),
    jws: z.string(),
    digests: z.string(),
    enrolment: z.string(),
    index: z.int(),
    leaf: z.string(),
    proof: z.string(),
    keyIndex: z.int(),
    keyLeaf: z.string(),
    keyProof: z.string(),
    logKey: z.string(),
    revocation: z.string().optional(),
    revocationIndex: z.int().optional(),
    revocationLeaf: z.string().optional(),
    revocationProof: z.string().optional(),
  })
  .openapi('Bundle')

export type Bundle = z.infer<typeof bundleSchema>

/** The same of a log record (FORMAT.md 6.4). */
export const logBundleSchema = z
  .object({
    format: z.literal('grantlog-log-bundle-v1'),
    canonical: z.string(),
    index: z.int(),
    leaf: z.string(),
    logKey: z.string(),
    observation: z.string(),
    openings: z.record(z.string(), z.string()),
    proof: z.string(),
  })
  .openapi('LogBundle')

export type LogBundle = z.infer<typeof logBundleSchema>

export const anyBundleSchema = z.discriminatedUnion('format', [bundleSchema, logBundleSchema])
