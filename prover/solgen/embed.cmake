# cmake -DIN=file -DOUT=file.c -DNAME=name -P embed.cmake: `const unsigned char yul_NAME[]`.
file(READ "${IN}" hex HEX)
string(LENGTH "${hex}" n)
math(EXPR n "${n} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
string(REGEX REPLACE "((0x..,){20})" "\\1\n" hex "${hex}")
file(WRITE "${OUT}.tmp" "#include \"prover/solgen/templates.h\"\n\n"
    "const size_t yul_${NAME}_size = ${n};\nconst unsigned char yul_${NAME}[] = {\n${hex}\n};\n")
file(RENAME "${OUT}.tmp" "${OUT}")
