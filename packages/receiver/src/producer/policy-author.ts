// Who changed the policy, as claimed. `grantlog policy apply` leaves its claim beside the file,
// before it replaces it; a file that was replaced otherwise has its owner. A claim is of one
// change: it is taken away when that is sealed, or who brings the same policy back later would
// have its author. See policy.test.ts.
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
import { dropLeft, readLeft } from '../io/note.ts'
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

/** Bytes of a claim: a name at its limit, and a hash. */
const claimBytesMax = 1024

/** Never rejects for a claim that cannot be read: it is as none. */
export async function authorOf(policyFile: string, hash: string): Promise<PolicyAuthor> {
  const claim = await claimFor(policyFile)
  if (claim?.hash === hash) return { name: claim.name, by: 'command' }
  return { name: await ownerOf(policyFile), by: 'file' }
}

/** Takes away the claim of a policy that is sealed; one of another stays. Never rejects. */
export async function dropClaim(policyFile: string, hash: string): Promise<void> {
  if ((await claimFor(policyFile))?.hash === hash) await dropLeft(claimFileOf(policyFile))
}

async function claimFor(policyFile: string): Promise<PolicyClaim | null> {
  const text = await readLeft(claimFileOf(policyFile), claimBytesMax)
  return text === undefined ? null : claimIn(text)
}

function claimIn(text: string): PolicyClaim | null {
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
