# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion for braidctl, to be sourced by bash. All that may follow is what
# braidctl itself says; only names of files are the shell's.

_braidctl() {
	local line=${COMP_LINE:0:COMP_POINT} cur='' word
	local -a words found=()

	# not COMP_WORDS, which takes an address and its port apart
	read -ra words <<<"$line"
	words=("${words[@]:1}")
	while [[ ${words[0]:-} == -* ]]; do
		words=("${words[@]:1}")
	done
	if [[ $line != *[[:space:]] && ${#words[@]} -gt 0 ]]; then
		cur=${words[*]: -1}
		unset 'words[-1]'
	fi
	while IFS= read -r word; do
		if [[ $word == '<file>' ]]; then
			compopt -o filenames 2>/dev/null
			mapfile -t -O "${#found[@]}" found < <(compgen -f -- "$cur")
		elif [[ $word == "$cur"* ]]; then
			found+=("$word")
		fi
	done < <(braidctl complete "${words[@]}" "$cur" 2>/dev/null)
	COMPREPLY=("${found[@]}")
}

complete -F _braidctl braidctl
