import { listPacks } from '../config/pack-files.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMAND_NAMES, type CommandName } from './command-list.ts';
import { FORMATS } from './convert/formats.ts';
import { optionsOf } from './options.ts';

const SHELLS = ['bash'];

/** Prints a script that completes the command line in a shell. */
export const completion: Command = async ({ operands: [shell] }, terminal) => {
  if (shell === undefined || !SHELLS.includes(shell)) {
    const got = shell === undefined ? 'nothing' : `"${shell}"`;
    throw new UsageError(`completion: expected ${SHELLS.join(' or ')}, got ${got}`);
  }
  terminal.print(bashScript());
  return 0;
};

/** What may stand behind a command. Of `convert` the first operand; files follow. */
function operandsOf(command: CommandName): readonly string[] {
  switch (command) {
    case 'packs':
      return listPacks();
    case 'convert':
      return FORMATS.map(({ name }) => name);
    case 'completion':
      return SHELLS;
    case 'help':
      return COMMAND_NAMES;
    default:
      return [];
  }
}

/*
 * It uses nothing of the package bash-completion, which may not be there. Bash takes `--config=a` apart at the sign, so
 * that the sign stands where the option would.
 */
function bashScript(): string {
  const commands = COMMAND_NAMES.map((name) => {
    const flags = optionsOf(name).map(([option]) => `--${option}`);
    return `    ${name}) words='${[...operandsOf(name), ...flags].join(' ')}' ;;`;
  });
  const values = optionsOf(null).flatMap(([option, { completes, value }]) => {
    if (value === undefined) return [];
    return `    --${option}) ${completeValue(completes)}; return ;;`;
  });
  return `# bash completion of query-exporter
_query_exporter() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=serve words
  COMPREPLY=()
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $before in
${values.join('\n')}
  esac
  case \${COMP_WORDS[1]} in
    ${COMMAND_NAMES.join('|')}) [[ $COMP_CWORD -gt 1 ]] && command=\${COMP_WORDS[1]} ;;
  esac
  if [[ $COMP_CWORD -eq 1 && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '${COMMAND_NAMES.join(' ')}' -- "$word")
    return
  fi
  if [[ $command == convert && $COMP_CWORD -gt 2 && $word != -* ]]; then
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  case $command in
${commands.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _query_exporter query-exporter`;
}

function completeValue(completes: 'files' | 'folders' | readonly string[] | undefined): string {
  if (completes === undefined) return ':';
  if (typeof completes !== 'string') return `mapfile -t COMPREPLY < <(compgen -W '${completes.join(' ')}' -- "$word")`;
  const kind = completes === 'files' ? '-f' : '-d';
  return `compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen ${kind} -- "$word")`;
}
