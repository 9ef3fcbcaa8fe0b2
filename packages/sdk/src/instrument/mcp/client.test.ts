import { describe, expect, test } from '@jest/globals'
import type { AnyFunction } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { createScopes } from '../scopes.ts'
import { clientHooks, transportHooks } from './client.ts'

const scopes = createScopes()
const seam = { library: 'a-library', isOff: () => false, scopes } as unknown as Seam

test('a message to a server whose path looks like a registration is none', () => {
  const transport = {
    _url: new URL('https://mcp.example/registry/mcp'),
    _endpoint: new URL('https://mcp.example/registry/messages?session=1'),
  }
  const posts = ['/register', '/oauth/clients', transport._url.href, transport._endpoint.href]
  const send: AnyFunction = () => {
    const { actionOf } = scopes.asking()!
    const document = '/.well-known/oauth-protected-resource/registry'
    return [
      ...posts.map((path) => actionOf('POST', new URL(path, transport._url))),
      actionOf('GET', new URL(document, transport._url)),
    ]
  }
  const wrapped = transportHooks['StreamableHTTPClientTransport#send']!(send, seam)
  const said = ['oauth.register', 'oauth.register', null, null, 'oauth.discovery']
  expect(wrapped.call(transport)).toEqual(said)
})

describe('what a client of MCP asks ends', () => {
  const auth = (work: AnyFunction): unknown => clientHooks.auth!(work, seam).call(null)
  const later = (): Promise<unknown> => new Promise(setImmediate).then(() => scopes.asking())

  test('with its promise, also for what was started in it', async () => {
    let started: Promise<unknown> | undefined
    await auth(async () => {
      started = later().then(later)
      expect(await later()).toBeDefined()
    })
    expect(await started).toBeUndefined()
  })

  test('with an error, which its caller gets', async () => {
    let started: Promise<unknown> | undefined
    const error = new Error('of the application')
    const asked = auth(async () => {
      started = later().then(later)
      throw error
    })
    await expect(asked).rejects.toBe(error)
    expect(await started).toBeUndefined()
  })

  test('and goes on in the one around it', async () => {
    await auth(async () => {
      let started: Promise<unknown> | undefined
      const outer = scopes.asking()
      await auth(async () => void (started = later()))
      expect(await started).toBe(outer)
    })
  })

  test('and begins anew in what outlived the last one, without a chain of them', async () => {
    let depth = -1
    const again = async (times: number): Promise<void> => {
      if (times > 0) return void setImmediate(() => void auth(() => again(times - 1)))
      for (let at = scopes.asking(); at !== undefined; at = at.outer) depth++
      ended.resolve()
    }
    const ended = Promise.withResolvers<void>()
    void auth(() => again(20))
    await ended.promise
    expect(depth).toBe(0)
  })
})
