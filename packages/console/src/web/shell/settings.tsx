// The reader's settings: colours, zone of times, personal data.
import type { ReactNode } from 'react'
import { Switch } from 'react-aria-components'
import { Select } from '../parts/choice.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { personal, setTheme, theme, zone } from '../settings/choices.tsx'

interface SettingsProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly version: string
}

const themes = [
  { key: 'auto', text: 'As the system' },
  { key: 'light', text: 'Light' },
  { key: 'dark', text: 'Dark' },
] as const

export function Settings({ isOpen, onClose, version }: SettingsProps): ReactNode {
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone
  const zones = [
    { key: 'local', text: `Local (${local})` },
    { key: 'utc', text: 'UTC' },
  ] as const
  return (
    <Dialog title="Settings" isOpen={isOpen} onClose={onClose}>
      <div className="form">
        <Select label="Colours" choices={themes} value={theme.use()} onChange={setTheme} />
        <Select label="Times" choices={zones} value={zone.use()} onChange={zone.write} />
        <PersonalSwitch />
        <p className="note">Grantlog {version}. Settings stay in this browser.</p>
      </div>
    </Dialog>
  )
}

/** Off at each visit: who looks at personal data should mean to. */
export function PersonalSwitch(): ReactNode {
  return (
    <Switch className="switch" isSelected={personal.use()} onChange={personal.write}>
      <span className="switch-track" aria-hidden="true" />
      <span>
        Show personal data
        <small>Users and addresses, where they are recorded. Off again at the next visit.</small>
      </span>
    </Switch>
  )
}
