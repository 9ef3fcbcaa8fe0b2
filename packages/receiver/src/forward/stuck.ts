// A unit that a sink does not take, for a reason that may be about the unit or about the sink.
// While others wait with it, it is waited for; where the sink took others of the same request, and
// goes on refusing it, it is put aside: one document must not end a sink. See search.test.ts.
import type { Later, UnitOutcome } from './outcome.ts'

export interface Stuck {
  /** The outcomes of one request; refused are those for which nothing is to be hoped any more. */
  judge(outcomes: readonly UnitOutcome[]): readonly UnitOutcome[]
}

/** Reasons that are remembered; they are words of the server. */
const MAX_REASONS = 64

/** One for each consumer. `patienceMs`: how long the first unit with a reason is waited for. */
export function createStuck(patienceMs: number, uptimeMs: () => number): Stuck {
  /** Of units that were put aside: the next one need not wait so long. */
  const known = new Set<string>()
  let since: number | undefined
  let tookOthers = false

  function isFinal({ reason }: Later): boolean {
    if (!tookOthers) return false
    if (!known.has(reason) && uptimeMs() - since! < patienceMs) return false
    if (known.size < MAX_REASONS) known.add(reason)
    return true
  }

  function forget(): void {
    since = undefined
    tookOthers = false
  }

  return {
    judge: (outcomes) => {
      if (!outcomes.some(isDoubtful)) {
        forget()
        return outcomes
      }
      since ??= uptimeMs()
      tookOthers ||= outcomes.some(({ outcome }) => outcome === 'taken')
      const judged = outcomes.map((one) => (isDoubtful(one) && isFinal(one) ? one.doubtful : one))
      // What comes next is another matter, whatever was taken with this.
      if (!judged.some(isDoubtful)) forget()
      return judged
    },
  }
}

function isDoubtful(one: UnitOutcome): one is Later & Required<Pick<Later, 'doubtful'>> {
  return one.outcome === 'later' && one.doubtful !== undefined
}
