// Wrappers for oauth2orize. What it answers with its application has made, in functions whose
// arguments it counts: they are left alone, and the response tells what became of the request.
import type { ToldAction } from '../defined/action.ts'
import type { AnyFunction, Wrap } from '../defined/definition.ts'
import { answerBytesMax } from '../../limits.ts'
import { headOf } from '../http-server/response.ts'
import { attempt, isObject, type Members, record, text } from '../unknown.ts'

/** Members of a token response, or parameters of a redirect. */
export type TellAnswer = (args: readonly unknown[], answer: Members) => ToldAction | null

/**
 * A function that is given a response: tells what it is about to do, and what is answered, which
 * takes the place of that.
 */
export function answers(begins: (args: readonly unknown[]) => ToldAction, tell: TellAnswer): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        seam.fenced(() => {
          const begun = begins(args)
          const served = seam.servedOf(...args)
          seam.tellBegun(begun, served)
          const response = args.find((one) => isObject(one) && 'setHeader' in one) as object
          watchEnd(response, (chunk) => {
            const answer = answerOf(response, chunk)
            const told = answer && seam.fenced(() => tell(args, answer))
            // Nothing else tells of one whose client has left.
            const last = told ?? (served?.late ? endedOf(begun, response) : null)
            if (last !== null) seam.fenced(() => seam.tellAction(last, served))
          })
        })
        return Reflect.apply(target, self, args)
      },
    })
}

/** Calls `onEnd` with the last of a body, and puts back what was there. */
function watchEnd(response: object, onEnd: (chunk: unknown) => void): void {
  const before = Object.getOwnPropertyDescriptor(response, 'end')
  const { end } = response as { readonly end: AnyFunction }
  const watched = new Proxy(end, {
    apply(target, self, args: unknown[]) {
      if (Reflect.get(response, 'end') === watched) {
        if (before === undefined) Reflect.deleteProperty(response, 'end')
        else Object.defineProperty(response, 'end', before)
      }
      onEnd(args[0])
      return Reflect.apply(target, self, args)
    },
  })
  const flags = { configurable: true, enumerable: false, writable: true }
  Object.defineProperty(response, 'end', { value: watched, ...flags })
}

/** null: nothing that we know. */
function answerOf(response: object, chunk: unknown): Members | null {
  const to = locationOf(response)
  if (to !== null) {
    const parameters = to.split(/[?#]/).slice(1).join('&')
    return Object.fromEntries(new URLSearchParams(parameters))
  }
  const body = chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : text(chunk)
  if (body === null || body.length > answerBytesMax || !body.startsWith('{')) return null
  return record(attempt(() => JSON.parse(body) as unknown))
}

/** As it was set, or given to `writeHead`. */
function locationOf(response: object): string | null {
  const { getHeader } = response as { readonly getHeader?: unknown }
  const set = typeof getHeader === 'function' && attempt(() => getHeader.call(response, 'location'))
  return text(set) ?? /^location: *(.+?)\r?$/im.exec(headOf(response))?.[1] ?? null
}

/** Of an answer that says nothing but its status. */
function endedOf(begun: ToldAction, response: object): ToldAction {
  const { statusCode = 0 } = response as { readonly statusCode?: number }
  if (begun.error || statusCode < 400) return begun
  return { ...begun, error: { code: '_OTHER', type: `${statusCode}` } }
}
