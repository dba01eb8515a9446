// What each pattern of the CRDs means, in words: the API server can only show the pattern, we can say what to write.
// A test fails when a pattern of crds/*.yaml has no words here.
import { REPOSITORY_PATTERN, repositoryUrlFault } from '../lib/repository-url.ts'

/** Completes "<field> ..."; the hint says what to write. */
export interface PatternWords {
  readonly message: string
  /** A more exact message for one value. */
  readonly explain?: (value: string) => string | undefined
  readonly hint: string
}

const HOST = '([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])'
const PATH = '[^\\x00-\\x20\\x7f?#\\\\]'

const words: ReadonlyMap<string, PatternWords> = new Map<string, PatternWords>([
  [
    REPOSITORY_PATTERN,
    {
      message: 'must be an https, ssh, http or file address of a repository, without credentials in it',
      explain: repositoryUrlFault,
      hint: 'write https://host/team/catalog.git or ssh://git@host/team/catalog.git, and put credentials into authSecret',
    },
  ],
  [
    `^(https?://${HOST}(:[0-9]{1,5})?([/?][^\\x00-\\x20\\x7f#\\\\]*)?|file:///${PATH}+)$`,
    {
      message: 'must be an https, http or file address, without credentials in it',
      hint: 'write https://host/path, and put credentials into authSecret',
    },
  ],
  [
    `^https?://${HOST}(:[0-9]{1,5})?(/${PATH}*)?$`,
    {
      message: 'must be the https or http address of a registry, without credentials or a query in it',
      hint: 'write https://host or https://host/path, and put credentials into authSecret',
    },
  ],
  [
    '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
    {
      message: 'must be a name of lower case letters, digits, dashes and dots',
      hint: 'write it as the other object is named in its metadata.name',
    },
  ],
  [
    '^[A-Za-z0-9._-]+$',
    { message: "must consist of letters, digits, '.', '_' and '-'", hint: 'take out every other character' },
  ],
  [
    '^[^\\x00-\\x20\\x7f~^:?*\\[\\\\]+$',
    {
      message: 'must not contain spaces, control characters or one of ~ ^ : ? * [ \\',
      hint: 'write the name of the branch or tag, such as main',
    },
  ],
  [
    '^([0-9a-f]{40}|[0-9a-f]{64})$',
    {
      message: 'must be the full id of a commit: 40 or 64 digits 0-9 and a-f',
      hint: 'a shortened id is not accepted; git rev-parse <id> prints the full one',
    },
  ],
  [
    '^[^\\x00-\\x1f\\x7f\\\\]+$',
    {
      message: 'must not contain backslashes or control characters',
      hint: 'separate directories with /',
    },
  ],
  [
    '^([0-9]{1,9}(\\.[0-9]{1,9})?(ms|s|m|h))+$',
    { message: 'must be a duration of numbers with the units ms, s, m or h', hint: 'write 30s, 15m or 1h30m' },
  ],
  [
    '^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[0-9*,/-]+( [0-9*,/-]+){2}( [0-9A-Z*,/-]+){2})$',
    {
      message:
        'must be a cron line of five fields or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually',
      hint: 'write minute, hour, day, month and weekday with one space between, such as 0 3 * * MON-FRI',
    },
  ],
  [
    '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$',
    { message: 'must be the IANA name of a time zone', hint: 'write Europe/Berlin or UTC' },
  ],
  [
    '^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$',
    { message: 'must not contain line breaks or control characters', hint: 'write it in one line' },
  ],
  [
    '^[^\\x00-\\x1f\\x7f]*$',
    { message: 'must not contain line breaks or control characters', hint: 'write it in one line' },
  ],
  [
    '^[^\\x00-\\x1f\\x7f]+$',
    { message: 'must be a text without line breaks or control characters', hint: 'write it in one line' },
  ],
  [
    '^[^\\x00-\\x20\\x7f]+$',
    { message: 'must not contain spaces or control characters', hint: 'write one glob for each item of the list' },
  ],
  [
    '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
    {
      message: "must consist of letters, digits, '.' and '-', with a letter or digit at both ends",
      hint: 'write a reversed domain such as com.acme.mcp',
    },
  ],
  [
    '^[A-Za-z0-9][^\\x00-\\x20\\x7f?#@\\\\]*$',
    {
      message: 'must be a host or address without credentials, query or spaces',
      hint: 'write mirror.example/path or https://mirror.example/path',
    },
  ],
  [
    '^[^\\x00-\\x20\\x7f<>]([^\\x00-\\x1f\\x7f<>]*[^\\x00-\\x20\\x7f<>])?$',
    { message: 'must be a name in one line without < and >', hint: 'write the mail address into email' },
  ],
  [
    '^[^\\x00-\\x20\\x7f<>@]+@[^\\x00-\\x20\\x7f<>@]+$',
    { message: 'must be a mail address without spaces, < and >', hint: 'write catalog-bot@acme.example' },
  ],
  [
    '^[^\\x00-\\x20\\x7f][^\\x00-\\x09\\x0b-\\x1f\\x7f]*$',
    {
      message: 'must start with a visible character and must not contain control characters other than line breaks',
      hint: 'take out tabs and carriage returns',
    },
  ],
  [
    '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti|e[0-9]{1,2}|E[0-9]{1,2})?$',
    { message: 'must be a quantity', hint: 'write 500m, 128Mi or 1Gi' },
  ],
  [
    '^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$',
    {
      message: "must be the value of a label: letters, digits, '.', '_' and '-', with a letter or digit at both ends",
      hint: 'take out every other character',
    },
  ],
  [
    '^([A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?)?$',
    { message: "must be the key of a taint: letters, digits, '.', '/', '_' and '-'", hint: 'write example.com/batch' },
  ],
])

/** The words for a pattern, or undefined when it is not one of the CRDs'. */
export function wordsFor(pattern: string): PatternWords | undefined {
  return words.get(pattern)
}
