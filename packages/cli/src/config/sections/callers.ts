// Who may send: certificates, and issuers of access tokens. Either is enough.
import { z } from 'zod'
import { ALGORITHMS, ENROLLING_ROLES } from '@grantlog/receiver/settings'
import { tenantName } from './tenants.ts'
import { section } from './values.ts'

const text = z.string({ error: 'text is needed' }).min(1, { error: 'text is needed' })

const url = text.refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
  error: 'an https URL is needed (http on this machine only)',
})

const certificate = z.strictObject({
  name: text.max(200).meta({ description: 'what limits and the log call who shows it' }),
  sha256: text.optional().meta({ description: 'SHA-256 of the certificate, in hexadecimal' }),
  san: text.optional().meta({ description: 'a subjectAltName: DNS:a.example, URI:spiffe://a/b' }),
  commonName: text.optional().meta({ description: 'the common name of its subject' }),
  tenant: tenantName.optional().meta({
    description: 'whom all it brings is of; default: the tenant of each key, the rest the main one',
  }),
})

const roles = ENROLLING_ROLES as [string, ...string[]]

const enrolling = z.strictObject({
  client: text.max(200).meta({ description: 'client_id, azp or sub, exactly' }),
  service: text.max(200).meta({ description: 'that its keys may name' }),
  roles: z
    .array(z.enum(roles, { error: `of ${roles.join(', ')}` }))
    .min(1)
    .meta({ description: 'that its keys may have' }),
  issuers: z
    .array(text)
    .optional()
    .meta({ description: 'authorization servers that its records may name; default: any' }),
  tenant: tenantName
    .optional()
    .meta({ description: 'in whose log; default: the tenant of the issuer, or the main one' }),
})

const issuer = z.strictObject({
  issuer: url.meta({ description: 'iss of its tokens, exactly' }),
  audience: text.meta({ description: 'aud must have it' }),
  jwksUri: url.optional().meta({ description: 'its keys; default: as its metadata says' }),
  scope: text
    .nullable()
    .optional()
    .meta({ description: 'default audit:write; null: only clients' }),
  clients: z
    .array(text)
    .optional()
    .meta({ description: 'client_id, azp or sub; default: whoever has the scope' }),
  algorithms: z
    .array(z.enum(ALGORITHMS as [string, ...string[]], { error: `of ${ALGORITHMS.join(', ')}` }))
    .optional()
    .meta({ description: 'signatures that are taken; default: all with a public key' }),
  leewayS: z
    .int({ error: 'leewayS is a whole number of seconds' })
    .min(0)
    .max(300)
    .optional()
    .meta({ description: 'seconds that clocks may differ; default 30' }),
  requireType: z.boolean().optional().meta({ description: 'only tokens that say typ: at+jwt' }),
  tenant: tenantName
    .optional()
    .meta({ description: 'whom all that comes with its tokens is of; default: as certificates' }),
  enrol: z
    .array(enrolling)
    .optional()
    .meta({ description: 'clients that may enrol a key by a token; default: none' }),
  enrolScope: text
    .nullable()
    .optional()
    .meta({ description: 'that such a token has; default audit:enrol; null: none' }),
})

export const callers = section('who may send; read again at SIGHUP', {
  certificates: z
    .array(certificate)
    .optional()
    .meta({ description: 'certificates of clientCa, each by one mark; default: all of them' }),
  issuers: z.array(issuer).default([]).meta({ description: 'issuers of access tokens (JWTs)' }),
})
