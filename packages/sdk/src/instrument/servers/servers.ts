// Libraries that make an authorization server, each a table. oidc-provider has a folder of its own.
import type { Instrumentation } from '../defined/definition.ts'
import { betterAuth } from './better-auth.ts'
import { oauth2orize } from './oauth2orize.ts'
import { oauth2Server } from './oauth2-server.ts'

export const servers: readonly Instrumentation[] = [betterAuth, oauth2orize, oauth2Server]
