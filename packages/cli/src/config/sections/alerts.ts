// Where findings are sent. Secrets are named, never written.
import { levels } from '@grantlog/detect'
import { z } from 'zod'
import { secret, url } from './secrets.ts'
import { path, section } from './values.ts'

const every = {
  name: z
    .string({ error: 'a channel has a name' })
    .regex(/^[a-z0-9-]{1,64}$/, { error: 'a name of a channel is a-z, 0-9 and -, 64 at most' })
    .meta({ description: 'names what waits for it: keep it for good' }),
  level: z
    .enum(levels, { error: `a level is one of ${levels.join(', ')}` })
    .default('medium')
    .meta({ description: 'findings that are less bad are not sent' }),
}

const authorization = secret.optional().meta({ description: 'where its Authorization header is' })
const line = z.string({ error: 'text of one line' }).regex(/^[^\p{Cc}]{1,256}$/u)

const channel = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      ...every,
      type: z.literal('alertmanager').meta({ description: 'Prometheus Alertmanager, API v2' }),
      url: url.meta({ description: 'base URL of the server' }),
      authorization,
    }),
    z.strictObject({
      ...every,
      type: z.literal('webhook').meta({ description: 'POST, signed as Standard Webhooks has it' }),
      url: url.meta({ description: 'where it is sent' }),
      secret: secret.meta({ description: 'where its secret is: whsec_ and base64 of 24–64 bytes' }),
    }),
    z.strictObject({
      ...every,
      level: every.level.unwrap().default('high').meta({
        description: 'findings that are less bad end no session',
      }),
      type: z.literal('security-events').meta({
        description: 'CAEP session-revoked to an authorization server (RFC 8935)',
      }),
      url: url.meta({ description: 'its endpoint for pushed events' }),
      issuer: line.meta({ description: '`iss` of its tokens' }),
      audience: line.meta({ description: '`aud` of its tokens' }),
      key: path.meta({
        description: 'private JWK that signs; made when it is missing, with KEY.pub beside it',
        isPath: true,
      }),
      rules: z
        .array(z.uuid({ error: 'the id of a rule is a UUID' }))
        .default([])
        .meta({ description: 'ids of the rules that end a session; none: all of the level' }),
      authorization,
    }),
  ],
  { error: 'a channel has a type: alertmanager, webhook or security-events' },
)

export type ConfiguredChannel = z.output<typeof channel>

/** A delivery a minute to each of more would be a second of every minute. */
const channelsMax = 16

const shape = {
  channels: z
    .array(channel)
    .max(channelsMax, { error: `at most ${channelsMax} channels` })
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'two channels have the same name',
    })
    .meta({ description: 'channels, each with a name and a type' }),
  consoleUrl: url.optional().meta({ description: 'where the page is, for links in alerts' }),
}

export const alerts = section('where findings are sent', shape)

/** Of a tenant: its findings go nowhere else. */
export const tenantAlerts = section('where its findings are sent; others go elsewhere', shape)
