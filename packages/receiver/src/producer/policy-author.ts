// Who changed the policy, as claimed. `grantlog policy apply` leaves its claim beside the file,
// before it replaces it; a file that was replaced otherwise has its owner. See policy.test.ts.
import {
  fromBase64url,
  isObject,
  jcs,
  type JsonValue,
  type PolicyAuthor,
  RecordError,
  readJcs,
  utf8,
} from '@grantlog/record'
import { readText } from '../io/note.ts'
import { ownerOf } from '../io/owner.ts'

/** Of the policy with this hash. */
export interface PolicyClaim {
  readonly hash: string
  readonly name: string
}

/** Where the claim for a policy file lies. */
export function claimFileOf(policyFile: string): string {
  return `${policyFile}.author`
}

export function encodeClaim({ hash, name }: PolicyClaim): string {
  return jcs({ hash, name })
}

/** Characters of a name. */
const nameMax = 128

/** Whether a name can be claimed: one line, of which a terminal shows all. */
export function isAuthorName(name: string): boolean {
  return (
    name.length <= nameMax && name.isWellFormed() && /^\P{C}+$/u.test(name) && name.trim() === name
  )
}

/** Never rejects for a claim that cannot be read: it is as none. */
export async function authorOf(policyFile: string, hash: string): Promise<PolicyAuthor> {
  const claim = claimIn(await readText(claimFileOf(policyFile)))
  if (claim?.hash === hash) return { name: claim.name, by: 'command' }
  return { name: await ownerOf(policyFile), by: 'file' }
}

function claimIn(text: string | undefined): PolicyClaim | null {
  if (text === undefined || text.length > 1024) return null
  let json: JsonValue
  try {
    json = readJcs(utf8(text), 'RECORD_MALFORMED', 'claim')
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
  if (!isObject(json)) return null
  const { hash, name } = json
  const isClaim = typeof hash === 'string' && fromBase64url(hash)?.length === 32
  return isClaim && typeof name === 'string' && isAuthorName(name) ? { hash, name } : null
}
