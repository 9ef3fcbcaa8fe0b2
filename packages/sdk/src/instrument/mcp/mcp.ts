// The Model Context Protocol: its authorization server, its clients, and what is asked of its
// servers, in version 1 (one package, both kinds of modules) and 2 (a package for each). The guards
// of their servers stand in validators/mcp.ts.
import { defineInstrumentation, type Instrumentation, type Wrap } from '../defined/definition.ts'
import type { InstrumentedModule } from '../defined/definition.ts'
import { guardHooks } from '../validators/mcp.ts'
import { clientHooks, proxyHooks, transportHooks } from './client.ts'
import { messageHooks, toolHooks } from './message.ts'
import { errorHooks, serverHooks } from './server.ts'

const sdk = '@modelcontextprotocol/sdk'

/** A file of version 1, in each of its kinds of modules. */
function fileOf(path: string, hooks: Readonly<Record<string, Wrap>>): InstrumentedModule {
  return { name: `${sdk}/dist/cjs/${path}`, files: [`dist/esm/${path}.js`], hooks }
}

function only(name: string): Readonly<Record<string, Wrap>> {
  return { [name]: serverHooks[name]! }
}

const version1 = defineInstrumentation({
  name: sdk,
  modules: [
    fileOf('client/auth', clientHooks),
    fileOf('server/auth/errors', errorHooks),
    fileOf('server/auth/handlers/authorize', only('authorizationHandler')),
    fileOf('server/auth/handlers/register', only('clientRegistrationHandler')),
    fileOf('server/auth/handlers/revoke', only('revocationHandler')),
    fileOf('server/auth/handlers/token', only('tokenHandler')),
    fileOf('server/auth/providers/proxyProvider', proxyHooks),
    fileOf('server/auth/router', only('mcpAuthRouter')),
    fileOf('server/mcp', toolHooks),
    fileOf('shared/protocol', messageHooks),
  ],
})

const client2 = '@modelcontextprotocol/client'
const legacy = '@modelcontextprotocol/server-legacy'
const server2 = '@modelcontextprotocol/server'
const legacyHooks = { ...serverHooks, ...errorHooks, ...proxyHooks, ...guardHooks }

/** What they are made of has no names that stay: only what is exported is watched. */
const version2: readonly Instrumentation[] = [
  defineInstrumentation({
    name: client2,
    modules: [
      { name: client2, files: ['dist/index.mjs'], hooks: { ...clientHooks, ...transportHooks } },
    ],
  }),
  defineInstrumentation({
    name: legacy,
    modules: [
      { name: legacy, files: ['dist/index.mjs'], hooks: legacyHooks },
      { name: `${legacy}/auth`, files: ['dist/auth/index.mjs'], hooks: legacyHooks },
    ],
  }),
  defineInstrumentation({
    name: server2,
    modules: [
      { name: server2, files: ['dist/index.mjs'], hooks: { ...toolHooks, ...messageHooks } },
    ],
  }),
]

export const mcp: readonly Instrumentation[] = [version1, ...version2]
