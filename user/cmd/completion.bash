# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154
#
# What does not depend on the options. Before it stand _capsieve_commands, _capsieve_takes() and _capsieve_value(), made of
# the rows of options.

# WORDS: one of them
_capsieve_word()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

# -f, -d, -u, ...: what bash itself can tell
_capsieve_of()
{
	mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

# WORDS: the last of some between commas; what stands before it stays, also a leading '!'
_capsieve_list()
{
	local before='' last=$cur
	if [[ $last = !* ]]; then
		before='!' last=${last#!}
	fi
	if [[ $last = *,* ]]; then
		before+=${last%,*}, last=${last##*,}
	fi
	mapfile -t COMPREPLY < <(compgen -W "$1" -P "$before" -- "$last")
}

_capsieve_units()
{
	_capsieve_word "$(systemctl list-units --all --plain --no-legend 2>/dev/null | while read -r unit _; do echo "$unit"; done)"
}

# What a value can be, by the kind that _capsieve_value() told
_capsieve_kind()
{
	case $kind in
	file) compopt -o filenames && _capsieve_of -f ;;
	dir) compopt -o filenames && _capsieve_of -d ;;
	pid) _capsieve_word "$(cd /proc && echo [0-9]*)" ;;
	user) _capsieve_of -u ;;
	group) _capsieve_of -g ;;
	unit) _capsieve_units ;;
	program) _capsieve_of -c ;;
	word) _capsieve_word "$list" ;;
	list) compopt -o nospace && _capsieve_list "$list" ;;
	esac
}

# NUMBER: of the word where the command begins that is to be started
_capsieve_program()
{
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		_capsieve_of -c
	else
		compopt -o filenames && _capsieve_of -f
	fi
}

# Goes over what is typed already: the word behind the command into $at, an option that waits for its value into $option;
# 1: it was a command to start
_capsieve_typed()
{
	local i word
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word = -- && $program ]]; then
			_capsieve_program $((i + 1))
			return 1
		fi
		# bash parts --option=value into three words
		[[ $word != '=' ]] || continue
		if [[ $word = -?* ]]; then
			option=
			! _capsieve_value "$at" "$word" || option=$word
		elif [[ $option ]]; then
			option=
		elif [[ " $words " = *" $word "* ]]; then
			at+=" $word"
			_capsieve_takes "$at" || at=${at% *}
			words=
		fi
	done
}

_capsieve()
{
	local cur=$2 at=${COMP_WORDS[1]} option='' kind list options words files program
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_capsieve_word "$_capsieve_commands --help --version"
		return
	fi
	_capsieve_takes "$at" && _capsieve_typed || return 0
	if [[ $option && $cur != -?* ]]; then
		_capsieve_value "$at" "$option"
		_capsieve_kind
	elif [[ $cur = -* ]]; then
		_capsieve_word "$options"
	else
		_capsieve_word "$words"
		[[ ! $files ]] || { compopt -o filenames && mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur"); }
	fi
}

complete -F _capsieve capsieve
