# SPDX-License-Identifier: BSD-2-Clause
#
# What does not depend on the options. Before it stands a function _capsieve-COMMAND for each command, made of its rows of
# options, and _capsieve_commands with a line for each.

_capsieve_pids()
{
	local -a pids=(/proc/[0-9]*(/N:t))
	compadd -a pids
}

_capsieve_units()
{
	local -a units=(${${(f)"$(systemctl list-units --all --plain --no-legend 2>/dev/null)"}%% *})
	compadd -a units
}

# CURRENT and words are those behind `capsieve`
_capsieve()
{
	if ((CURRENT == 2)); then
		_describe command _capsieve_commands
		compadd -- --help --version
		return
	fi
	shift words
	((CURRENT--))
	if ((CURRENT > 2)) && (($+functions[_capsieve-$words[1]-$words[2]])); then
		local of=$words[1]-$words[2]
		shift words
		((CURRENT--))
		_capsieve-$of
	elif (($+functions[_capsieve-$words[1]])); then
		_capsieve-$words[1]
	fi
}

if [[ $funcstack[1] = _capsieve ]]; then
	_capsieve "$@"
else
	compdef _capsieve capsieve
fi
