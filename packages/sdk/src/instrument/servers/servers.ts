// Libraries that make an authorization server, each a table. oidc-provider has a folder of its own.
import type { Instrumentation } from '../defined/definition.ts'
import { oauth2orize } from './oauth2orize.ts'
import { oauth2Server } from './oauth2-server.ts'

export const servers: readonly Instrumentation[] = [oauth2orize, oauth2Server]
