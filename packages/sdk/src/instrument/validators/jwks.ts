// Key sets that are fetched: whether a key was known, or had to be asked for. jwks-rsa 3 and 4
// (CommonJS) keeps keys by their kid; createRemoteJWKSet of jose 6 the whole set, and shows when it
// has fetched that. Older versions of jose show nothing.
import type { KeyLookup } from '../../validation-facts.ts'
import { watchPromise } from '../client-call/promise.ts'
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
  type Wrap,
} from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { membersOf } from '../unknown.ts'

export const jwksRsa: Instrumentation = defineInstrumentation({
  name: 'jwks-rsa',
  modules: [
    { name: 'jwks-rsa', files: ['src/index.js'], hooks: { 'JwksClient#getKeys': asksForKeys() } },
    { name: 'jwks-rsa/src/wrappers/cache', files: [], hooks: { default: makesCache() } },
  ],
})

export const joseKeys: Instrumentation = defineInstrumentation({
  name: 'jose',
  modules: [
    {
      name: 'jose',
      files: ['dist/webapi/jwks/remote.js'],
      hooks: { createRemoteJWKSet: makesKeySet() },
    },
  ],
})

const hit: KeyLookup = { isHit: true, reason: null }

/** How often jwks-rsa has asked somebody: what its cache did not know has been counted there. */
let askedTimes = 0

/** It is called when no cache has the key. */
function asksForKeys(): Wrap {
  return watched((seam) => {
    const miss = { isHit: false, reason: null }
    const startedAtMs = performance.now()
    askedTimes += 1
    seam.tellKeys(miss)
    seam.options.measures?.keysAsked(miss)
    return (isGood) => tellFetched(seam, isGood, startedAtMs)
  })
}

function tellFetched({ options }: Seam, isGood: boolean, startedAtMs: number): void {
  const seconds = (performance.now() - startedAtMs) / 1000
  options.measures?.keysFetched(isGood ? 'success' : 'failure', seconds)
}

/** A cache in front of it: what comes of that without asking was known. */
function makesCache(): Wrap {
  return made(() => (seam) => {
    const before = askedTimes
    return () => {
      seam.tellKeys(hit)
      if (askedTimes === before) seam.options.measures?.keysAsked(hit)
    }
  })
}

interface KeySet {
  readonly fresh?: unknown
  readonly coolingDown?: unknown
}

function makesKeySet(): Wrap {
  return made((set: KeySet) => {
    let hasAsked = false
    let isAsking = false
    return (seam) => {
      const { fresh, coolingDown } = set
      if (typeof fresh !== 'boolean') return () => undefined
      const reason = fresh ? null : hasAsked ? 'expired' : 'cold'
      hasAsked ||= !fresh
      // Who comes while it asks waits for the same answer.
      const isFirst = !isAsking
      isAsking ||= !fresh
      const startedAtMs = performance.now()
      return () => {
        // It does not ask again so soon, unless that was just now.
        const isUnknown = fresh && coolingDown === false && set.coolingDown === true
        const why = isUnknown ? 'unknown_kid' : reason
        const keys: KeyLookup = why === null ? hit : { isHit: false, reason: why }
        seam.tellKeys(keys)
        seam.options.measures?.keysAsked(keys)
        if (why !== null && isFirst) tellFetched(seam, set.fresh === true, startedAtMs)
        if (!fresh && isFirst) isAsking = false
      }
    }
  })
}

/** Begins with a call, and gives what is to be done when it has ended, well or not. */
type Begin = (seam: Seam) => (isGood: boolean) => void

/** A function that gives a promise. */
function watched(begin: Begin): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        const end = seam.isOff() ? null : seam.fenced(() => begin(seam))
        const result: unknown = Reflect.apply(target, self, args)
        if (end === null) return result
        const settle = (isGood: boolean): void => void seam.fenced(() => end(isGood))
        return watchPromise(result, {
          fulfilled: () => settle(true),
          rejected: () => settle(false),
          dropped: () => settle(true),
        })
      },
    })
}

/** A function that makes one. */
function made(beginOf: (one: object) => Begin): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        const one: unknown = Reflect.apply(target, self, args)
        if (seam.isOff() || typeof one !== 'function') return one
        return watched(beginOf(membersOf(one)))(one as AnyFunction, seam)
      },
    })
}
