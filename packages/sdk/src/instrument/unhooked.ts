import type { Notify } from '../notice.ts'

/** Tells, once, when requests are served and no library that we know was loaded. */
export function createUnhookedNotice(
  requests: () => number,
  isHooked: () => boolean,
  notify: Notify,
): () => void {
  let isTold = false
  return () => {
    if (isTold || requests() === 0 || isHooked()) return
    isTold = true
    notify('NOTHING_HOOKED', `${requests()} requests`)
  }
}
