// What people who know kubectl type, and what does it here.

const WATCH = 'rollbook events --watch shows what happens'
const BY_LABEL = 'rollbook get KIND -l SELECTOR -o name lists what to delete one by one'

/** By command and the option that it does not have. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  get: { '-w': WATCH, '--watch': WATCH },
  apply: { '--dry-run': 'rollbook run --mode plan -f FILE shows what a run would write' },
  delete: {
    '--all': 'rollbook get KIND -o name lists what to delete one by one',
    '-l': BY_LABEL,
    '--selector': BY_LABEL,
  },
}

/** By the option, values that it does not take. */
const VALUES: readonly { readonly option: string; readonly value: RegExp; readonly instead: string }[] = [
  {
    option: 'output',
    value: /^(jsonpath|go-template|custom-columns)/,
    instead: '-o json prints all of it, for tools such as jq',
  },
  { option: 'for', value: /^delete$/i, instead: 'rollbook delete waits until it is gone' },
]

/** Undefined when nothing is known to stand for it. */
export function insteadOfOption(command: string, option: string): string | undefined {
  return OPTIONS[command]?.[option]
}

/** The same for a value. */
export function insteadOfValue(option: string, value: string): string | undefined {
  return VALUES.find(habit => habit.option === option && habit.value.test(value))?.instead
}
