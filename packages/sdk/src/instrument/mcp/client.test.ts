import { expect, test } from '@jest/globals'
import type { AnyFunction } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { createScopes } from '../scopes.ts'
import { transportHooks } from './client.ts'

const scopes = createScopes()
const seam = { library: 'a-library', isOff: () => false, scopes } as unknown as Seam

test('a message to a server whose path looks like a registration is none', () => {
  const transport = {
    _url: new URL('https://mcp.example/registry/mcp'),
    _endpoint: new URL('https://mcp.example/registry/messages?session=1'),
  }
  const send: AnyFunction = () => scopes.asking()
  const wrapped = transportHooks['StreamableHTTPClientTransport#send']!(send, seam)
  const { actionOf } = wrapped.call(transport) as NonNullable<ReturnType<typeof scopes.asking>>
  const posts = (path: string) => actionOf('POST', new URL(path, transport._url))
  expect([
    ...[transport._url.href, transport._endpoint.href, '/register', '/oauth/clients'].map(posts),
    actionOf('GET', new URL('/.well-known/oauth-protected-resource/registry', transport._url)),
  ]).toEqual([null, null, 'oauth.register', 'oauth.register', 'oauth.discovery'])
})
