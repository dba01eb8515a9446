// Options of commands that may have to run the controllers themselves, on a state directory that nobody else runs.
import { GIT_ENGINE, OFFICIAL_BASE_URLS, SECRET_DIR, USE_GIT_CREDENTIALS } from './all-settings.ts'
import type { OptionSpec } from './command.ts'

export const RUNNING_OPTIONS: readonly OptionSpec[] = [SECRET_DIR, USE_GIT_CREDENTIALS, GIT_ENGINE, OFFICIAL_BASE_URLS]
