// How somebody checks the same elsewhere, without this server and without this page.
import type { ReactNode } from 'react'
import type { Bundle, LogBundle } from '../../api/records.ts'
import { apiUrl } from '../io/request.ts'
import { Button } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { Card } from '../parts/page.tsx'
import { CopyButton } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import type { Trust } from './log.ts'

interface CommandsProps {
  readonly bundle: Bundle | LogBundle
  readonly trust: Trust | null
}

export function Commands({ bundle, trust }: CommandsProps): ReactNode {
  const { index, openings } = bundle
  const slots = Object.keys(openings).filter((slot) => /^[a-z]+$/.test(slot))
  const name = `grantlog-proof-${index}`
  const key = quoted(trust?.kind === 'given' ? trust.key : 'KEY-KEPT-OUTSIDE')
  const disclosed = slots.length === 0 ? '' : ` --disclose ${slots.join(',')}`
  return (
    <Card title="Check it elsewhere">
      <p>
        The bundle is all that is needed.{' '}
        {slots.length === 0
          ? 'It names no person.'
          : `It discloses personal data (${slots.join(', ')}): keep it as such.`}
      </p>
      <div className="downloads">
        <Button icon="download" onPress={() => download(bundle, `${name}.json`)}>
          Download bundle
        </Button>
        <a href={apiUrl('verify.py')} download="verify.py" className="button plain">
          <Icon name="download" />
          Download verify.py
        </a>
      </div>
      <h3>With verify.py, a second verifier</h3>
      <p>
        It needs Python 3 with the package <code>cryptography</code>, and nothing of Grantlog.
        Whoever doubts this server brings it from elsewhere, like the log’s key. Where both files
        are:
      </p>
      <Command text={`python3 verify.py bundle ${name}.json --key ${key}`} />
      <h3>Or from the data folder, with verifier and readme</h3>
      <Command text={`grantlog prove ${index}${disclosed}`} />
      <Command text={`python3 ${name}/verify.py bundle ${name}/bundle.json --key ${key}`} />
    </Card>
  )
}

function Command({ text }: { readonly text: string }): ReactNode {
  return (
    <div className="command">
      <code tabIndex={0}>{visibleText(text)}</code>
      <CopyButton text={text} label="command" />
    </div>
  )
}

/** For a shell: a key's name may hold whatever its maker liked. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The very bundle that was checked, not one that is asked for again. */
function download(bundle: Bundle | LogBundle, name: string): void {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(bundle, null, 2)], { type: 'application/json' }),
  )
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
