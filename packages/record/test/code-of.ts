import { RecordError } from '../src/codes.ts'

/** The code of the error of ours that it throws; `none` when it throws nothing. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof RecordError) return error.code
    throw error
  }
  return 'none'
}
