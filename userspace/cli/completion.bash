# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion for braidctl, to be sourced by bash. What may follow comes from
# the program's own table of commands; names of devices, links and files, which
# it leaves to the shell, are filled in here.

_braidctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} word list=()
	local -a args=("${COMP_WORDS[@]:1:COMP_CWORD-1}")

	while [[ ${args[0]:-} == -* ]]; do
		args=("${args[@]:1}")
	done
	while read -r word; do
		case $word in
		'<dev>')
			mapfile -t -O "${#list[@]}" list < <(ip -br link show \
				type braid 2>/dev/null | sed 's/[@ ].*//') ;;
		'<link>')
			mapfile -t -O "${#list[@]}" list < <(ls /sys/class/net) ;;
		'<file>')
			mapfile -t -O "${#list[@]}" list < <(compgen -f -- "$cur")
			compopt -o filenames ;;
		*)
			list+=("$word") ;;
		esac
	done < <(braidctl complete "${args[@]}" "$cur" 2>/dev/null)
	mapfile -t COMPREPLY < <(compgen -W "${list[*]}" -- "$cur")
}

complete -F _braidctl braidctl
