# Completion of mplay for bash 4.4 and later.
_mplay_completion() {
    local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]}
    local response item type value cut='' quoted=
    response=$(env COMP_LINE="$line" _MPLAY_COMPLETE=bash_complete "$1" 2>/dev/null)
    if [[ $word == [\'\"]* ]]; then
        quoted=1
    else
        # Bash takes what follows a colon or an equal sign for a word of its own.
        word=${line##*[[:space:]]}
        [[ $word == *[:=]* ]] && cut=${word%"${word##*[:=]}"} && cut=${cut//\\/}
    fi
    COMPREPLY=()
    for item in $response; do
        type=${item%%,*} value=${item#*,}
        case $type in
        dir) compopt -o dirnames ;;
        file) compopt -o default ;;
        plain)
            [[ $value == *= ]] && compopt -o nospace
            value=${value#"$cut"}
            [[ ! $quoted && $value == *[^[:alnum:]_./,:=@%+~-]* ]] && printf -v value %q "$value"
            COMPREPLY+=("$value")
            ;;
        esac
    done
}
complete -o nosort -F _mplay_completion mplay
