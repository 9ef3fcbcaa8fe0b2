// Buttons and links that look like them.
import type { ReactNode } from 'react'
import { Button as AriaButton, ToggleButton } from 'react-aria-components'
import { Link } from 'wouter'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps {
  readonly children: ReactNode
  readonly onPress: () => void
  readonly icon?: IconName
  /** `main`: the one thing to do here. `quiet`: without a border. */
  readonly kind?: 'main' | 'plain' | 'quiet' | 'danger'
  readonly isDisabled?: boolean
  /** A letter that presses it, see shell/keys.tsx. */
  readonly hotkey?: string
}

export function Button(props: ButtonProps): ReactNode {
  const { children, onPress, icon, kind = 'plain', isDisabled = false, hotkey } = props
  return (
    <AriaButton
      className={`button ${kind}`}
      onPress={onPress}
      isDisabled={isDisabled}
      data-key={hotkey}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </AriaButton>
  )
}

interface IconButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onPress: () => void
  readonly isDisabled?: boolean
}

export function IconButton({ icon, label, onPress, isDisabled }: IconButtonProps): ReactNode {
  return (
    <span title={label} className="titled">
      <AriaButton
        className="button quiet only-icon"
        aria-label={label}
        onPress={onPress}
        isDisabled={isDisabled ?? false}
      >
        <Icon name={icon} />
      </AriaButton>
    </span>
  )
}

interface ToggleProps {
  readonly children: ReactNode
  readonly icon?: IconName
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
  readonly hotkey?: string
}

export function Toggle({ children, icon, isOn, onChange, hotkey }: ToggleProps): ReactNode {
  return (
    <ToggleButton className="button plain" isSelected={isOn} onChange={onChange} data-key={hotkey}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </ToggleButton>
  )
}

interface ButtonLinkProps {
  readonly children: ReactNode
  readonly to: string
  readonly icon?: IconName
}

export function ButtonLink({ children, to, icon }: ButtonLinkProps): ReactNode {
  return (
    <Link href={to} className="button plain">
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </Link>
  )
}
