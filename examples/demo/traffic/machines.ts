// The machine client: client credentials, and tokens that only the authorization server can read.
import type { Step } from './step.ts'
import type { World } from './world.ts'

/** Runs a job of the worker, and looks at its answer. */
const job =
  (name: string, expected: object) =>
  async (world: World): Promise<void> => {
    const answer = await world.job<Record<string, unknown>>(name)
    for (const [member, value] of Object.entries(expected)) {
      if (answer[member] === value) continue
      throw new Error(`${name}: ${member} is not ${value} in ${JSON.stringify(answer)}`)
    }
  }

export const machines = [
  {
    name: 'client credentials',
    tells: 'The worker gets a token for itself.',
    run: job('get-token', { scope: 'orders:read orders:write' }),
  },
  {
    name: 'order by machine',
    tells: 'It places an order.',
    run: job('place-order', { status: 201 }),
  },
  {
    name: 'machine without a role',
    tells: 'It may not list orders: that takes a role, and machines have none.',
    run: job('list-orders', { status: 403 }),
  },
  {
    name: 'wrong client secret',
    tells: 'It uses the secret of last year.',
    run: job('use-old-secret', { error: 'invalid_client' }),
  },
  {
    name: 'scope not allowed',
    tells: 'It asks for an admin scope.',
    run: job('ask-for-admin', { error: 'invalid_scope' }),
  },
  {
    name: 'denied for audience',
    tells: 'It sends a token for billing to the orders API.',
    run: job('misdirect', { status: 401 }),
  },
  {
    name: 'opaque token',
    tells: 'It gets a token that only the authorization server can read.',
    run: job('get-feed-token', { token_type: 'Bearer' }),
  },
  {
    name: 'introspection, active',
    tells: 'It asks whether that token is active: yes.',
    run: job('check-feed-token', { active: true }),
  },
  {
    name: 'feed read',
    tells: 'It reads the feed; the API asks the authorization server about the token.',
    run: job('read-feed', { status: 200 }),
  },
  {
    name: 'revocation by a machine',
    tells: 'It revokes the token.',
    run: job('revoke-feed-token', { revoked: true }),
  },
  {
    name: 'introspection, inactive',
    tells: 'It asks again: no.',
    run: job('check-feed-token', { active: false }),
  },
  {
    name: 'feed refused',
    tells: 'The API asks, too, and refuses.',
    run: job('read-feed', { status: 401 }),
  },
] as const satisfies readonly Step[]
