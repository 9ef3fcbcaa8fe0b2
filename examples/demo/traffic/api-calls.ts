// Calls to the API, allowed and refused, most of them by the web shop for whoever is logged in.
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import type { Sent } from './browser.ts'
import type { Step } from './step.ts'
import { expectStatus, type World } from './world.ts'

/** A call by mallory, past the shop. */
async function callDirectly(
  { api, mallory }: World,
  status: number,
  path: string,
  token?: string,
): Promise<void> {
  const headers: Sent['headers'] = token === undefined ? {} : { authorization: `Bearer ${token}` }
  expectStatus(status, await mallory.send(api + path, { headers }))
}

/** Bob's token with an admin's role and scopes, signed with a key of mallory's. */
async function forge({ memory }: World): Promise<string> {
  const { access_token } = memory.tokens.get('bob')!
  const { alg = '', ...header } = decodeProtectedHeader(access_token)
  const claims = { ...decodeJwt(access_token), roles: ['admin'], scope: 'admin export' }
  const { privateKey } = await generateKeyPair(alg)
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(privateKey)
}

export const apiCalls = [
  {
    name: 'orders read',
    tells: 'Bob reads the orders.',
    run: ({ bob }) => bob.shop(200, '/api/orders'),
  },
  {
    name: 'orders queried',
    tells: 'Bob reads some of them, by query parameters.',
    run: ({ bob }) => bob.shop(200, '/api/orders?status=shipped&limit=2'),
  },
  {
    name: 'one order read',
    tells: 'Bob reads one: the record has the route, not the path.',
    run: ({ bob }) => bob.shop(200, '/api/orders/1'),
  },
  {
    name: 'order placed',
    tells: 'Bob orders something.',
    run: ({ bob }) => bob.shop(201, '/api/orders', { json: { item: 'kettle' } }),
  },
  {
    name: 'denied for scope',
    tells: 'Bob asks for all users; his token lacks the scope.',
    run: ({ bob }) => bob.shop(403, '/api/admin/users'),
  },
  {
    name: 'slow call',
    tells: 'Bob waits for a slow answer.',
    run: ({ bob }) => bob.shop(200, '/api/slow'),
  },
  {
    name: 'users listed',
    tells: 'Alice reads all users, as an admin.',
    run: ({ alice }) => alice.shop(200, '/api/admin/users'),
  },
  {
    name: 'user data changed',
    tells: "Alice changes bob's address.",
    run: ({ alice }) =>
      alice.shop(200, '/api/users/2', { method: 'PATCH', json: { email: 'bob@example.net' } }),
  },
  {
    name: 'mass export',
    tells: 'Alice exports everything.',
    run: ({ alice }) => alice.shop(200, '/api/export'),
  },
  {
    name: 'no token',
    tells: 'Somebody calls without a token.',
    run: (world) => callDirectly(world, 401, '/orders'),
  },
  {
    name: 'malformed token',
    tells: 'Somebody sends what is no token.',
    run: (world) => callDirectly(world, 401, '/orders', 'not-a-token'),
  },
  {
    name: 'forged token',
    tells: "Mallory makes an admin's token; its signature is not the issuer's.",
    run: async (world) => callDirectly(world, 401, '/admin/users', await forge(world)),
  },
  {
    name: 'never validated',
    tells: 'An old route reads the forged token and believes it.',
    run: async (world) => callDirectly(world, 200, '/legacy/profile', await forge(world)),
  },
] as const satisfies readonly Step[]
