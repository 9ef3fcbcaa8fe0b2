// What people ask the API for, by their role.
import type { Request } from '../facts/access.ts'
import type { UserRole } from '../people.ts'
import type { Random } from '../random.ts'

const queries = ['?status=open&limit=20', '?limit=50', '?status=shipped', '?page=2', '?q=lamp']

/** A request that is let in. */
export function usualRequest(role: UserRole, random: Random): Request {
  const at = random.float()
  if (role === 'guest') return at < 0.9 ? products(random) : slow
  if (role === 'admin' && at < 0.05) return { ...users, bytes: 1_000 + random.below(3_000) }
  if (role === 'admin' && at < 0.08) return { ...change, bytes: 64 }
  if (at < 0.3) return products(random)
  if (at < 0.6) return orders(random)
  if (at < 0.9) return order(random)
  return at < 0.98 ? { ...place, bytes: 40 + random.below(20) } : slow
}

const users = { method: 'GET', route: '/admin/users', status: 200 }
const change = { method: 'PATCH', route: '/users/:id', status: 200 }
const place = { method: 'POST', route: '/orders', status: 201 }
const slow: Request = { method: 'GET', route: '/slow', status: 200, bytes: 13 }

const products = (random: Random): Request => {
  return { method: 'GET', route: '/products', status: 200, bytes: 800 + random.below(4_000) }
}

function orders(random: Random): Request {
  const query = random.chance(0.4) ? { query: random.pick(queries) } : {}
  const bytes = 200 + random.below(6_000)
  return { method: 'GET', route: '/orders', ...query, status: 200, bytes }
}

export function order(random: Random): Request {
  return { method: 'GET', route: '/orders/:id', status: 200, bytes: 60 + random.below(60) }
}

/** Everything, as an admin may have it. */
export function wholeExport(random: Random): Request {
  return { method: 'GET', route: '/export', status: 200, bytes: 300_000 + random.below(40_000) }
}
