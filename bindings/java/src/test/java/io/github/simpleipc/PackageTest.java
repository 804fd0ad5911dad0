package io.github.simpleipc;

import static org.junit.Assert.assertEquals;

import java.io.File;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.Test;
import org.w3c.dom.Document;

public class PackageTest {
    @Test
    public void thePackageOfMavenIsWellFormed() throws Exception {
        Document pom = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new File("pom.xml"));
        assertEquals("project", pom.getDocumentElement().getTagName());
        String group = pom.getElementsByTagName("groupId").item(0).getTextContent();
        assertEquals(Library.class.getPackageName(), group);
        assertEquals("simpleipc", pom.getElementsByTagName("artifactId").item(0).getTextContent());
    }
}
