import { afterEach, describe, expect, test } from '@jest/globals'
import { auditRows, takeRows } from './rows.ts'
import { createScopes, type Scopes, type ServedRequest } from './scopes.ts'

const errors: unknown[] = []
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  errors.length = 0
})

function take(scopes: Scopes): () => void {
  const stop = takeRows(scopes, (error) => errors.push(error))
  stops.push(stop)
  return stop
}

function served(): ServedRequest {
  return { token: null, validation: null, parent: null, isClaimed: false }
}

/** Within a request, as the hook of Node's channel begins it. */
function within(work: (scopes: Scopes) => void): ServedRequest {
  const scopes = createScopes()
  take(scopes)
  const one = served()
  // In a task of its own, so that what it enters ends with it.
  scopes.call({ exchanges: [], isOver: false }, () => {
    scopes.serve({ socket: {} }, one)
    work(scopes)
  })
  return one
}

describe('rows that the application tells', () => {
  test('add up', () => {
    const one = within(() => {
      auditRows(1000)
      auditRows(0)
      auditRows(204)
    })
    expect(one.rows).toBe(1204)
  })

  test('may be none', () => {
    expect(within(() => auditRows(0)).rows).toBe(0)
    expect(within(() => undefined).rows).toBeUndefined()
  })

  test('are no more than a number tells exactly', () => {
    const one = within(() => {
      auditRows(Number.MAX_SAFE_INTEGER)
      auditRows(1)
    })
    expect(one.rows).toBe(Number.MAX_SAFE_INTEGER)
  })

  test.each<unknown>([
    ...[-1, 1.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1],
    ...['7', 7n, null, undefined, {}, [7]],
  ])('%p is no count', (value) => {
    const one = within(() => auditRows(value as number))
    expect(one.rows).toBeUndefined()
    expect(errors).toEqual([])
  })

  test('are of the request that is handed over, whichever runs', () => {
    const other = served()
    const request = { socket: {} }
    const one = within((scopes) => {
      scopes.serve(request, other)
      auditRows(1, request)
      auditRows(2, { raw: request })
      auditRows(4, { req: request })
    })
    expect([one.rows, other.rows]).toEqual([undefined, 7])
  })

  test('that nobody takes are nothing, and neither are those of no request', () => {
    auditRows(1)
    const scopes = createScopes()
    const stop = take(scopes)
    auditRows(1, { socket: {} })
    const one = served()
    scopes.serve({ socket: {} }, one)
    stop()
    auditRows(1)
    expect(one.rows).toBeUndefined()
    expect(errors).toEqual([])
  })

  test('never throw', () => {
    const broken = {
      get socket(): object {
        throw new Error('a getter of the host')
      },
    }
    within(() => expect(() => auditRows(1, broken)).not.toThrow())
    expect(errors).toHaveLength(1)
  })

  test('go to the audit that was started last', () => {
    const first = take(createScopes())
    const one = within(() => {
      first()
      auditRows(3)
    })
    expect(one.rows).toBe(3)
  })
})
