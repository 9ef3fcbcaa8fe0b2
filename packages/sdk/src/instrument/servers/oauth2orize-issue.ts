// Wrappers for oauth2orize. Its functions look at how many arguments those of the application take:
// a wrapper is a proxy, which takes as many.
import type { ToldAction } from '../defined/action.ts'
import type { AnyFunction, Wrap } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { isObject, record } from '../unknown.ts'

/** Tells what a function, called with these arguments, is about to do. */
export function begins(tell: (args: readonly unknown[]) => ToldAction): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (!seam.isOff()) seam.fenced(() => tellOf(args, tell(args), seam))
        return Reflect.apply(target, self, args)
      },
    })
}

/** The application has called back with what it issues, or does not. */
export interface Issued {
  /** Arguments of the exchange, or of what answers for the grant. */
  readonly within: readonly unknown[]
  readonly args: readonly unknown[]
  readonly given: readonly unknown[]
}

/**
 * Makes an exchange, or a grant with its `response`, out of a function of the application: the
 * first among its arguments. It is called before the exchange returns.
 */
export function issues(tell: (issued: Issued) => ToldAction | null): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        let within: readonly unknown[] = []
        const watch = (issue: AnyFunction): AnyFunction =>
          watchIssue(
            issue,
            (its, given) => {
              const told = seam.fenced(() => tell({ ...its, given }))
              if (told !== null) seam.fenced(() => tellOf(its.within, told, seam))
            },
            () => within,
          )
        const first = args.findIndex((one) => typeof one === 'function')
        const own = args.map((one, i) => (i === first ? watch(one as AnyFunction) : one))
        const made: unknown = Reflect.apply(target, self, own)
        const isRunning = (run: AnyFunction): AnyFunction =>
          new Proxy(run, {
            apply(work, its, given: unknown[]) {
              const before = within
              within = given
              try {
                return Reflect.apply(work, its, given)
              } finally {
                within = before
              }
            },
          })
        if (typeof made === 'function') return isRunning(made as AnyFunction)
        const { response } = record(made)
        if (isObject(made) && typeof response === 'function') {
          Reflect.set(made, 'response', isRunning(response as AnyFunction))
        }
        return made
      },
    })
}

type Called = Pick<Issued, 'within' | 'args'>

/** The last argument is how it calls back. */
function watchIssue(
  issue: AnyFunction,
  onIssued: (called: Called, given: readonly unknown[]) => void,
  withinNow: () => readonly unknown[],
): AnyFunction {
  return new Proxy(issue, {
    apply(target, self, args: unknown[]) {
      const done = args.at(-1)
      if (typeof done !== 'function') return Reflect.apply(target, self, args)
      const called = { within: withinNow(), args }
      const watched = new Proxy(done as AnyFunction, {
        apply(call, its, given: unknown[]) {
          onIssued(called, given)
          return Reflect.apply(call, its, given)
        },
      })
      return Reflect.apply(target, self, [...args.slice(0, -1), watched])
    },
  })
}

/** Of the request among the arguments, or of the response's. */
function tellOf(args: readonly unknown[], told: ToldAction, seam: Seam): void {
  const served = args.map(seam.requestOf).find((one) => one !== undefined)
  seam.tellAction(told, served ?? seam.scopes.served())
}
